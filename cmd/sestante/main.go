// Command sestante is the server and the tools of Sestante: reports from the
// territory, field work without network, and who is told of what.
//
// This package is the only place that knows every room. main.go reads the
// command line, wire.go builds the house, and every command has a file of its
// own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/config"
)

// Version is the version of the program, set when it is built for release.
var Version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, world{
		args: os.Args[1:], environ: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now,
	})
	stop()
	os.Exit(code)
}

// A world is what surrounds one run of the program.
type world struct {
	args    []string
	environ []string
	in      io.Reader
	out     io.Writer
	err     io.Writer
	now     func() time.Time
}

// The exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1 // it was asked for well and did not work
	exitUsage  = 2 // it was not asked for well
)

// errUsage marks a command line that cannot be understood.
var errUsage = errors.New("usage")

// run executes the command line and returns the exit code. PocketBase's own
// way drops the error of a command and exits with 0.
func run(ctx context.Context, w world) int {
	root := newRoot(w)
	root.SetArgs(w.args)
	root.SetIn(w.in)
	root.SetOut(w.out)
	root.SetErr(w.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errTold) {
		_, _ = fmt.Fprint(w.err, explain(err)) // there is nowhere left to say that this failed
	}
	if errors.Is(err, errUsage) || isConfig(err) {
		return exitUsage
	}
	return exitFailed
}

// errTold marks an error whose text the command has printed already.
var errTold = errors.New("told")

// explain puts an error into words for a person at a terminal: the fault with
// its code when there is one, every line of several.
func explain(err error) string {
	if many, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok && allFaults(many.Unwrap()) {
		var text strings.Builder
		for _, one := range many.Unwrap() {
			text.WriteString(explain(one))
		}
		return text.String()
	}
	if f := fault.Of(err); f != fault.ErrUnknown {
		return fmt.Sprintf("sestante: %s [%s]\n", f.Error(), f.Code)
	}
	return fmt.Sprintf("sestante: %v\n", err)
}

func allFaults(all []error) bool {
	for _, err := range all {
		if fault.Of(err) == fault.ErrUnknown {
			return false
		}
	}
	return len(all) > 1
}

// isConfig reports whether the set-up of the installation is what is wrong.
func isConfig(err error) bool {
	for _, f := range []*fault.Error{
		config.ErrKey, config.ErrValue, config.ErrSecret, config.ErrTwice, config.ErrIncomplete, config.ErrFile, config.ErrYAML,
	} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:   "sestante",
		Short: "Reports from the territory, field work without network",
		Long: `Sestante receives geotagged reports with photos, finds the district and the
people responsible, keeps technicians' phones in step without network, and
tells everybody what they need to know.

See it run:   sestante demo
Set it up:    sestante doctor, then sestante serve
`,
		Version:       Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w\nSee: %s --help", errUsage, err, cmd.CommandPath())
	})
	config.AddFlags(root.PersistentFlags())
	root.AddCommand(serveCommand(w), demoCommand(w), areasCommand(w), reportsCommand(w), hotspotsCommand(w), devicesCommand(w), syncCommand(w), doctorCommand(w), duplicatesCommand(w), superuserCommand(w), migrateCommand(w), simulateCommand(w))
	usageErrors(root)
	return root
}

// usageErrors marks what cobra finds wrong with the arguments as misuse.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return fmt.Errorf("%w: %w\nSee: %s --help", errUsage, err, cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}

// settings reads the configuration for a command.
func settings(w world) (config.Config, error) {
	dir, err := os.Getwd()
	if err != nil {
		return config.Config{}, fmt.Errorf("find the current folder: %w", err)
	}
	return config.Load(config.Sources{Args: w.args, Environ: w.environ, Dir: dir})
}
