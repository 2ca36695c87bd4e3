package main

import "github.com/spf13/cobra"

func demoCommand(world) *cobra.Command { return &cobra.Command{Use: "demo"} }
