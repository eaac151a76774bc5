package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/config"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store"
)

// crew is the members of a database, logged in, and the events that they have not checked in to yet.
type crew struct {
	db      *store.DB
	ids     *ident.Source
	events  *event.Service
	admin   authz.Actor
	host    ident.ID
	phones  []phone
	planned []ident.ID   // events
	used    atomic.Int64 // check-ins given out: one for each event and member
	repeats atomic.Int64
}

// phone is one member's session.
type phone struct {
	token string
	head  string // of every request
}

const branches = 20

// newCrew loads a district of that many members and logs them all in. The first one is the admin.
func newCrew(ctx context.Context, dsn string, members int) (*crew, error) {
	db, err := store.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	vault, err := org.NewVault([]byte(config.Defaults().Secret))
	if err != nil {
		return nil, err
	}
	c := &crew{db: db, ids: ident.NewSource(clock.System(), nil)}
	people := org.New(org.Deps{DB: db, Clock: clock.System(), IDs: c.ids, Vault: vault, Log: slog.New(slog.DiscardHandler)})
	c.events = event.New(db, clock.System(), c.ids, people)
	if err := people.Load(ctx, district(members)); err != nil {
		return nil, err
	}
	if err := c.logIn(ctx); err != nil {
		return nil, err
	}
	c.admin, err = people.Authenticate(ctx, c.phones[0].token)
	if err != nil {
		return nil, err
	}
	c.host = c.admin.OrgID
	return c, c.plan(ctx, 1)
}

// district is one branch for the admin and twenty for the others, below one root that holds the events.
func district(members int) org.Tree {
	root := org.Tree{Name: "区委", Kind: org.District, Members: []org.Person{{Name: "管理员", OpenID: "o-0", Roles: []string{"admin"}}}}
	for b := range branches {
		root.Orgs = append(root.Orgs, org.Tree{Name: "支部" + strconv.Itoa(b), Kind: org.Branch})
	}
	for i := 1; i < members; i++ {
		branch := &root.Orgs[i%branches]
		branch.Members = append(branch.Members, org.Person{Name: "党员" + strconv.Itoa(i), OpenID: "o-" + strconv.Itoa(i)})
	}
	return root
}

// logIn gives everybody a session, as a login does.
func (c *crew) logIn(ctx context.Context) error {
	var users []struct{ ID ident.ID }
	if err := c.db.Read().NewRaw("SELECT id FROM users ORDER BY id").Scan(ctx, &users); err != nil {
		return err
	}
	now := clock.System().Now()
	rows := make([]string, len(users))
	for i, user := range users {
		token := c.ids.Token(32)
		sum := sha256.Sum256([]byte(token))
		rows[i] = fmt.Sprintf("('%s', %d, %d, %d)", hex.EncodeToString(sum[:]), user.ID, clock.Millis(now), clock.Millis(now.Add(org.SessionLife)))
		c.phones = append(c.phones, phone{token: token, head: "POST /api/v1/checkins HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
			token + "\r\nContent-Length: "})
	}
	return c.insert(ctx, "sessions (token_hash, user_id, created_at, expires_at)", rows)
}

// insert adds rows that are written out, many with one statement.
func (c *crew) insert(ctx context.Context, into string, rows []string) error {
	const chunk = 2000
	for start := 0; start < len(rows); start += chunk {
		part := rows[start:min(start+chunk, len(rows))]
		if _, err := c.db.Exec(ctx, "INSERT INTO "+into+" VALUES "+strings.Join(part, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// past writes attendance of events that are long over.
func (c *crew) past(ctx context.Context, rows int) error {
	var members []struct{ ID, OrgID ident.ID }
	if err := c.db.Read().NewRaw("SELECT id, org_id FROM members").Scan(ctx, &members); err != nil {
		return err
	}
	for written := 0; written < rows; written += len(members) {
		e, list := c.ids.New(), make([]string, 0, len(members))
		for _, m := range members[:min(len(members), rows-written)] {
			list = append(list, fmt.Sprintf("(%d, %d, %d, 'present', 'scan', 1, %d, 1)", e, m.ID, m.OrgID, m.ID))
		}
		if err := c.insert(ctx, "attendance (event_id, member_id, org_id, status, source, at, op_id, updated_at)", list); err != nil {
			return err
		}
	}
	return nil
}

// plan publishes events to which everybody can check in now.
func (c *crew) plan(ctx context.Context, n int) error {
	now := clock.System().Now()
	for range n {
		e, err := c.events.Create(ctx, c.admin, event.Draftable{
			Kind: event.ThemeDay, Title: "主题党日", Host: c.host, StartsAt: now.Add(10 * time.Minute), EndsAt: now.Add(3 * time.Hour),
			Place: event.Place{Name: "会议中心"},
		}, "")
		if err == nil {
			_, err = c.events.Publish(ctx, c.admin, e.ID, "")
		}
		if err != nil {
			return err
		}
		c.planned = append(c.planned, e.ID)
	}
	return nil
}

// ready returns n check-ins that nobody has made yet, one by one. real asks the server for the codes, as the secretary's
// screens would; without it they only look like codes.
func (c *crew) ready(ctx context.Context, at *server, n int, real bool) (func() ([]byte, error), error) {
	first := int(c.used.Load())
	last := first + n
	if missing := last/len(c.phones) + 1 - len(c.planned); missing > 0 {
		if err := c.plan(ctx, missing); err != nil {
			return nil, err
		}
	}
	codes := map[int]string{}
	for e := first / len(c.phones); e <= last/len(c.phones); e++ {
		codes[e] = lookalike(c.planned[e])
		if real {
			var err error
			if codes[e], err = c.code(ctx, at, c.planned[e]); err != nil {
				return nil, err
			}
		}
	}
	return func() ([]byte, error) {
		k := int(c.used.Add(1) - 1)
		if k >= last {
			return nil, errors.New("more check-ins than were prepared")
		}
		return c.request(c.phones[k%len(c.phones)], codes[k/len(c.phones)], k), nil
	}, nil
}

// again returns requests like the others, without end.
func (c *crew) again() ([]byte, error) {
	k := int(c.repeats.Add(1) - 1)
	return c.request(c.phones[k%len(c.phones)], lookalike(c.planned[0]), k%1_000_000), nil
}

func lookalike(e ident.ID) string {
	return "http://127.0.0.1:8080/c/e" + e.String() + ".178000000.0123456789abcdef"
}

func (c *crew) request(p phone, code string, key int) []byte {
	number := strconv.Itoa(key)
	body := `{"key":"` + "act-00000000"[:12-len(number)] + number + `","code":"` + code + `"}`
	return append(append(append(make([]byte, 0, 512), p.head...), strconv.Itoa(len(body))...), "\r\n\r\n"+body...)
}

// code asks for the code of this moment.
func (c *crew) code(ctx context.Context, at *server, e ident.ID) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.addr+"/api/v1/events/"+e.String()+"/code", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+c.phones[0].token)
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var shown struct{ URL, Message string }
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil || shown.URL == "" {
		return "", errors.Join(err, fmt.Errorf("no code: %d %s", response.StatusCode, shown.Message))
	}
	return shown.URL, nil
}

func (c *crew) close() { _ = c.db.Close() }
