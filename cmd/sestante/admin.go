package main

import (
	"fmt"

	"github.com/pocketbase/pocketbase/cmd"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

// superuserCommand is PocketBase's own, over our data folder.
func superuserCommand(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "superuser",
		Short: "Manage who may sign in to the dashboard",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args:  cobra.NoArgs,
	}
	for _, like := range cmd.NewSuperuserCommand(core.NewBaseApp(core.BaseAppConfig{})).Commands() {
		root.AddCommand(&cobra.Command{
			Use: like.Use, Short: like.Short, Example: like.Example, Args: cobra.ArbitraryArgs,
			RunE: func(c *cobra.Command, args []string) error {
				return withHouse(c, w, func(h *house) error {
					inner := cmd.NewSuperuserCommand(h.app)
					found, _, err := inner.Find([]string{like.Name()})
					if err != nil {
						return err
					}
					found.SetOut(w.out)
					return found.RunE(found, args)
				})
			},
		})
	}
	return root
}

// withHouse opens the house for a command that does one thing and ends.
func withHouse(c *cobra.Command, w world, fn func(*house) error) error {
	cfg, err := settings(w)
	if err != nil {
		return err
	}
	h, err := openHouse(c.Context(), cfg, newLog(cfg, w.err), w.now)
	if err != nil {
		return err
	}
	err = fn(h)
	if closing := h.close(); err == nil {
		err = closing
	}
	return err
}

func migrateCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema of the data folder up to date (serve does it too)",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withHouse(c, w, func(h *house) error {
				_, err := fmt.Fprintln(w.out, "The schema is up to date.")
				return err
			})
		},
	}
}
