package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/app"
	"themeday/server/checkin"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// serve is one part of a bench in a process of its own. It says its address on standard output and ends when standard input does, so
// that nothing is left behind whatever becomes of the parent.
func serve(args []string) error {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	parts := map[string]int{"wechat": 4, "remind": 6} // words besides the name of a profile
	words, known := parts[args[0]]
	if !known {
		words = 3
	}
	if len(args) > words && args[words] != "" {
		file, err := os.Create(args[words])
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if known {
		return serveRemind(ctx, args)
	}
	return serveCheckin(ctx, args[0], args[1], args[2])
}

// serveCheckin is one way of checking in.
func serveCheckin(ctx context.Context, way, dsn, dir string) error {
	switch way {
	case "a":
		return listen(ctx, bare)
	case "b":
		db, err := store.Open(ctx, dsn)
		if err != nil {
			return err
		}
		return errors.Join(listen(ctx, plain(db)), db.Close())
	}
	return whole(ctx, dsn, dir)
}

// whole is the program as it is shipped, with a simulated WeChat that is never called.
func whole(ctx context.Context, dsn, dir string) error {
	cfg := config.Defaults()
	cfg.Addr, cfg.DataDir, cfg.ClientDir, cfg.DatabaseDSN = "127.0.0.1:0", dir, dir, dsn
	cfg.PublicURL = "http://127.0.0.1:8080"
	cfg.Limits.SessionRate, cfg.Limits.SessionBurst = 1e6, 1_000_000 // one admin plays the screens of all events
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)), app.WithoutDemo())
	if err != nil {
		return err
	}
	return a.Serve(ctx, func(addr string) { fmt.Println(addr) }) //nolint:forbidigo // for the parent
}

// listen serves one handler.
func listen(ctx context.Context, handler gin.HandlerFunc) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/api/v1/checkins", handler)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: engine, ReadHeaderTimeout: time.Minute}
	fmt.Println(listener.Addr()) //nolint:forbidigo // for the parent
	context.AfterFunc(ctx, func() { _ = s.Close() })
	_ = s.Serve(listener)
	return nil
}

// bare decodes and encodes what the others do, and nothing else.
func bare(c *gin.Context) {
	var in checkin.CheckinInput
	if err := c.ShouldBindJSON(&in); err != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	c.JSON(http.StatusCreated, answer(1, row{event: 1, member: 1, org: 1, name: "党员", orgName: "支部"}, clock.System().Now()))
}

// row is what the plain way writes and shows.
type row struct {
	event, member, org            ident.ID
	name, orgName, title, place   string
	starts, ends, opens, closesAt int64
}

func answer(user ident.ID, r row, now time.Time) checkin.CheckinResult {
	_ = user
	return checkin.CheckinResult{
		Attendance: checkin.AttendanceView{
			EventID: r.event, MemberID: r.member, MemberName: r.name, OrgID: r.org, OrgName: r.orgName, Expected: true,
			Status: checkin.Present, Source: checkin.Scan, At: &now, Position: checkin.NoPosition, Revision: 1,
		},
		Event: event.EventBrief{
			ID: r.event, Kind: event.ThemeDay, Title: "主题党日", State: event.Published, Phase: event.PhaseOpen, StartsAt: now, EndsAt: now,
			PlaceName: "会议中心", Host: org.OrgRef{ID: r.org, Name: r.orgName, Kind: org.District},
		},
	}
}

// plain is the way in which most services are written: a query for the session, one for the event, one for an earlier
// row, and an insert with a commit of its own. It does not even check the code.
func plain(db *store.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in checkin.CheckinInput
		if err := c.ShouldBindJSON(&in); err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		r, err := plainly(c.Request, db, in)
		if err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.JSON(http.StatusCreated, answer(0, r, clock.System().Now()))
	}
}

func plainly(request *http.Request, db *store.DB, in checkin.CheckinInput) (row, error) {
	ctx, now := request.Context(), clock.System().Now().UnixMilli()
	sum := sha256.Sum256([]byte(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")))
	var r row
	err := db.Read().DB.QueryRowContext(ctx, `
SELECT m.id, m.name, o.id, o.name FROM sessions s JOIN users u ON u.id = s.user_id JOIN members m ON m.id = u.member_id
JOIN orgs o ON o.id = m.org_id WHERE s.token_hash = ? AND s.revoked_at = 0 AND s.expires_at > ? AND m.left_at = 0`,
		hex.EncodeToString(sum[:]), now).Scan(&r.member, &r.name, &r.org, &r.orgName)
	if err != nil {
		return r, err
	}
	_, text, _ := strings.Cut(in.Code, "/c/e")
	id, _, _ := strings.Cut(text, ".")
	e, err := ident.Parse(id)
	if err != nil {
		return r, err
	}
	err = db.Read().DB.QueryRowContext(ctx, "SELECT id, title, place_name, starts_at, ends_at, checkin_opens_at, checkin_closes_at FROM events WHERE id = ? AND state = 'published'", e).
		Scan(&r.event, &r.title, &r.place, &r.starts, &r.ends, &r.opens, &r.closesAt)
	if err != nil {
		return r, err
	}
	return r, insertPlainly(ctx, db, r, now)
}

func insertPlainly(ctx context.Context, db *store.DB, r row, now int64) error {
	tx, err := db.Write().DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var status string
	err = tx.QueryRowContext(ctx, "SELECT status FROM attendance WHERE event_id = ? AND member_id = ?", r.event, r.member).Scan(&status)
	if err == nil || !store.IsNoRows(err) {
		return fmt.Errorf("there already: %s %w", status, sql.ErrNoRows)
	}
	_, err = tx.ExecContext(ctx, `
INSERT INTO attendance (event_id, member_id, org_id, status, source, at, expected, op_id, updated_at) VALUES (?, ?, ?, 'present', 'scan', ?, 1, ?, ?)`,
		r.event, r.member, r.org, now, int64(r.member), now)
	if err != nil {
		return err
	}
	return tx.Commit()
}
