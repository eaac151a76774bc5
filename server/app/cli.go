package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"themeday/server/config"
	"themeday/server/org"
	"themeday/server/store"
)

const usage = `Themeday 主题党日

Usage: server [command] [flags]

Commands:
  serve         serve until interrupted (the default)
  import FILE   load the tree of organisations and its people from a YAML file into an empty database
  templates check
                compare the message templates with those of the WeChat account; exit status 0 when they fit
  audit verify [SEQ:HASH …]
                walk the chain of the audit and print what was checked and the first broken link; ends of the chain that
                were kept elsewhere must still be part of it; exit status 0 when all is well
  setup-code    make and print the code with which somebody who is logged in becomes the first administrator; once, 24 hours
  admin grant   make the member with the id -member, or with the mobile number that is asked for, an administrator of the
                organisation -org, or of the root
  keys status   say with which keys phone numbers are sealed; exit status 0 when all are with the one in use
  keys rotate   seal all phone numbers with the key in use; servers may go on working
  openapi       print the contract of the API
  healthcheck   ask the running server whether it is ready; exit status 0 when it is
  version       print the version

Flags (each is also an environment variable and a line of the file, see configs/themeday.example.yaml):
`

// Main runs the program and returns its exit status: 0 for success, 1 for a failure, 2 for wrong usage.
func Main(args, environment []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, args, environment, stdout, stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintln(stderr, err)
	return 1
}

var errUsage = errors.New("app: wrong usage")

// subcommands are the commands of two words.
var subcommands = []string{"templates check", "audit verify", "admin grant", "keys status", "keys rotate"}

func run(ctx context.Context, args, environment []string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	if sub := command + " " + strings.Join(args[:min(1, len(args))], ""); slices.Contains(subcommands, sub) {
		command, args = sub, args[1:]
	}
	file, flags := flagSet(environment, stderr)
	if err := flags.Parse(args); err != nil {
		return orUsage(err)
	}
	switch command {
	case "version":
		return printVersion(stdout)
	case "openapi":
		return printContract(ctx, stdout)
	}
	cfg, err := config.Load(*file, append(environment, settings(flags)...))
	if err != nil {
		return errors.Join(err, reachable(ctx, cfg))
	}
	log := newLog(cfg, stderr)
	switch command {
	case "serve":
		return serve(ctx, cfg, log, stdout)
	case "healthcheck":
		return healthcheck(ctx, cfg)
	case "templates check":
		return checkTemplates(ctx, cfg, log, stdout)
	case "audit verify":
		return verifyAudit(ctx, cfg, flags.Args(), stdout)
	case "setup-code":
		return printSetupCode(ctx, cfg, log, stdout)
	case "admin grant":
		return grantAdmin(ctx, cfg, log, flags, os.Stdin, stdout)
	case "keys status", "keys rotate":
		return keysCommand(ctx, cfg, log, command == "keys rotate", stdout)
	case "import":
		return importTree(ctx, cfg, log, flags.Arg(0), stdout)
	}
	flags.Usage()
	return errUsage
}

// reachable looks for the database even when the settings are wrong, so that an operator hears of everything at once.
func reachable(ctx context.Context, cfg config.Config) error {
	if cfg.Mode != config.Production || !strings.HasPrefix(cfg.DatabaseDSN, "mysql:") {
		return nil
	}
	db, err := store.Open(ctx, cfg.DatabaseDSN)
	if err != nil {
		return err
	}
	return db.Close()
}

func orUsage(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}

// flagNames are the settings one often changes by hand; all others are in the file and the environment.
var flagNames = map[string]string{
	"mode": "demo or production", "addr": "address to listen on, as host:port", "data-dir": "folder of the embedded database",
	"database-dsn": "sqlite:PATH, or mysql: followed by a DSN", "redis-url": "redis://host:port/0; empty keeps the cache in the process",
	"public-url": "how phones reach this server", "log-level": "debug, info, warn or error",
}

func flagSet(environment []string, out io.Writer) (file *string, flags *flag.FlagSet) {
	flags = flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(out)
	fallback := ""
	for _, entry := range environment {
		if path, ok := strings.CutPrefix(entry, config.Prefix+"CONFIG="); ok {
			fallback = path
		}
	}
	file = flags.String("config", fallback, "settings file in YAML")
	flags.String("member", "", "of admin grant: the id of the member")
	flags.String("org", "", "of admin grant: the id of the organisation")
	for name, text := range flagNames {
		flags.String(name, "", text)
	}
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	return file, flags
}

// settings turns the flags that were given into the variables they stand for.
func settings(flags *flag.FlagSet) []string {
	var values []string
	flags.Visit(func(f *flag.Flag) {
		if _, setting := flagNames[f.Name]; setting {
			values = append(values, config.Prefix+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))+"="+f.Value.String())
		}
	})
	return values
}

func newLog(cfg config.Config, out io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // config has checked it
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

func serve(ctx context.Context, cfg config.Config, log *slog.Logger, stdout io.Writer) error {
	a, err := New(ctx, cfg, log)
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(addr string) {
		a.hintAtSetup(ctx)
		log.Info("ready", "addr", addr, "mode", string(cfg.Mode), "database", string(a.DB.Engine()))
		if a.Sim != nil && cfg.Mode == config.Demo {
			a.greet(stdout)
		}
	})
}

func printVersion(out io.Writer) error {
	version := "development"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintln(out, "themeday", version)
	return err
}

// printContract builds the program on an empty database that is thrown away, because the contract is what the built
// program serves.
func printContract(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "themeday-contract")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := config.Defaults()
	cfg.DatabaseDSN = "sqlite:" + filepath.Join(dir, "empty.db")
	a, err := New(ctx, cfg, slog.New(slog.DiscardHandler), WithoutDemo())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(ctx)) }()
	text, err := a.API.Contract()
	if err == nil {
		_, err = out.Write(text)
	}
	return err
}

// healthcheck is for containers without a shell or curl.
func healthcheck(ctx context.Context, cfg config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, port, _ := strings.Cut(cfg.Addr[strings.LastIndexByte(cfg.Addr, ':'):], ":")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("app: not ready: HTTP %d", answer.StatusCode)
	}
	return nil
}

func importTree(ctx context.Context, cfg config.Config, log *slog.Logger, file string, out io.Writer) error {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("app: import needs a file: %w", err)
	}
	var tree org.Tree
	if err := yaml.UnmarshalWithOptions(text, &tree, yaml.Strict()); err != nil {
		// without the lines around the mistake, which may hold names and phone numbers
		return fmt.Errorf("app: %s: %s", file, yaml.FormatError(err, false, false))
	}
	a, err := New(ctx, cfg, log, WithoutDemo())
	if err != nil {
		return err
	}
	defer func() { _ = a.Stop(ctx) }()
	if err := a.Orgs.Load(ctx, tree); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "imported", tree.Name)
	return err
}
