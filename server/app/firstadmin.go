package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"themeday/server/config"
	"themeday/server/ident"
	"themeday/server/org"
)

// grantAdmin makes somebody of the roster an administrator. A phone number is asked for on standard input, not taken as
// an argument, which everybody on the machine could read in the list of processes.
func grantAdmin(ctx context.Context, cfg config.Config, log *slog.Logger, flags *flag.FlagSet, in io.Reader, out io.Writer) (err error) {
	var who org.AdminGrant
	for name, id := range map[string]*ident.ID{"member": &who.Member, "org": &who.Org} {
		if id.UnmarshalText([]byte(flags.Lookup(name).Value.String())) != nil {
			return fmt.Errorf("app: -%s is not an id: it has %d letters and digits", name, ident.Length)
		}
	}
	if who.Member == 0 {
		if _, err := fmt.Fprint(out, "Mobile number of the new administrator: "); err != nil {
			return err
		}
		lines := bufio.NewScanner(in)
		lines.Scan()
		who.Phone = lines.Text()
	}
	a, err := New(ctx, cfg, log, WithoutDemo())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(ctx)) }()
	on, member, err := a.Orgs.GrantAdmin(ctx, who)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s administers %s now\n", member.Name, on.Name)
	return err
}

// printSetupCode makes a new setup code. Only its hash is kept, so that this is the one time it can be read.
func printSetupCode(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) (err error) {
	a, err := New(ctx, cfg, log, WithoutDemo())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(ctx)) }()
	code, err := a.Orgs.NewSetupCode(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\nGood for %d hours, once: log in with WeChat, open 我的 and choose 首次设置. Earlier codes are worthless now.\n",
		code, int(org.SetupLife.Hours()))
	return err
}

// hintAtSetup tells the operator of a new production server how the first administrator begins.
func (a *App) hintAtSetup(ctx context.Context) {
	if a.Config.Mode != config.Production {
		return
	}
	if has, err := a.Orgs.HasAdmin(ctx); err == nil && !has {
		a.log.WarnContext(ctx, "nobody administers yet: make a setup code with the command setup-code, or appoint somebody with admin grant")
	}
}
