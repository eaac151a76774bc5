// Package audit keeps the record of who did what to whom, when and from where, so that a quiet edit of it shows.
//
// A feature calls Note in the transaction of the cause: the entry exists if and only if what it tells of happened. Nobody
// waits for anybody there. A moment later the sealer gives each new entry the next number and a hash over itself and the
// entry before (Seal); Verify walks that chain. Entries are never changed, and only looks at personal data lose their
// content when their time is over, which leaves their link in the chain (Erase).
//
// Entries hold ids, not names: whose they are is looked up when they are read.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/origin"
	"themeday/server/store"
)

// Subject is what something was done to.
type Subject struct {
	Kind SubjectKind
	ID   ident.ID // 0 when the kind says enough
}

// SubjectKind says what sort of thing a subject is.
type SubjectKind string

// The kinds of subjects.
const (
	Org     SubjectKind = "org"
	Member  SubjectKind = "member"
	Event   SubjectKind = "event"
	Site    SubjectKind = "site"
	Import  SubjectKind = "import"  // of a roster
	Job     SubjectKind = "job"     // of the queue
	Account SubjectKind = "account" // a WeChat identity
	Server  SubjectKind = "server"
)

// On returns the subject of that kind with that id.
func On(kind SubjectKind, id ident.ID) Subject { return Subject{kind, id} }

// Entry is one thing that was done. Who did it and from where is taken from the context (package origin).
type Entry struct {
	At      time.Time // the instant of the transaction; required
	Action  Action    // one of this package's words
	Subject Subject
	Org     string // path of the organisation that it concerns: those who run it, or one above it, may read the entry; "" is for the district
	// Detail is what else must be known, at most 2,000 bytes of JSON: ids, counts, states, reasons, from and to. Never phone
	// numbers, openids or tokens; what looks like a phone number in a text is blotted out.
	Detail map[string]any
}

// row is an entry as the table holds it, before it is sealed.
type row struct {
	bun.BaseModel `bun:"table:audit_entries"`

	At          int64
	UserID      ident.ID
	MemberID    ident.ID
	Action      Action
	SubjectKind SubjectKind
	SubjectID   ident.ID
	OrgPath     string
	RequestID   string
	Network     string
	Detail      string
	LookKey     *string
}

// Note writes the entry in the caller's transaction. It returns an error for an entry without an instant, with an unknown
// action or with too much detail, and the database's errors.
func Note(ctx context.Context, tx bun.IDB, e Entry) error {
	r, err := e.row(ctx)
	if err == nil {
		_, err = tx.NewInsert().Model(&r).Exec(ctx)
	}
	return err
}

// Look notes that personal data was looked at, once for a person, an action, a subject and a day in Beijing. It is no part
// of a transaction, because looking changes nothing; call it before the answer is given, and fail when it does.
func Look(ctx context.Context, db *store.DB, e Entry) error {
	r, err := e.row(ctx)
	if err != nil {
		return err
	}
	day := e.At.In(clock.Beijing).Format(time.DateOnly)
	key := fmt.Sprintf("%s:%s:%s:%s:%s", day, r.UserID, e.Action, e.Subject.Kind, e.Subject.ID)
	var known int
	if err := db.Read().NewRaw("SELECT COUNT(*) FROM audit_entries WHERE look_key = ?", key).Scan(ctx, &known); err != nil || known > 0 {
		return err
	}
	r.LookKey = &key
	_, err = db.Write().NewInsert().Model(&r).Exec(ctx)
	if store.IsDuplicate(err) { // the same person in the same moment
		return nil
	}
	return err
}

// maxDetail is the width of the column.
const maxDetail = 2000

// mobile finds mobile numbers also where somebody has written them into a reason.
var mobile = regexp.MustCompile(`1[3-9]\d{9}`)

// IsNumber reports whether the text is a mobile number of eleven digits and nothing else.
func IsNumber(text string) bool { return len(text) == len("13900010001") && mobile.MatchString(text) }

// HasNumber reports whether a mobile number stands in the text, which must then not be kept.
func HasNumber(text string) bool { return mobile.MatchString(text) }

func (e Entry) row(ctx context.Context) (row, error) {
	from := origin.From(ctx)
	switch {
	case e.At.IsZero():
		return row{}, errors.New("audit: an entry needs its instant")
	case titles[e.Action] == "":
		return row{}, fmt.Errorf("audit: unknown action %q", e.Action)
	}
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return row{}, fmt.Errorf("audit: detail of %s: %w", e.Action, err)
		}
	}
	if len(detail) > maxDetail {
		return row{}, fmt.Errorf("audit: the detail of %s has %d bytes", e.Action, len(detail))
	}
	return row{
		At: clock.Millis(e.At), UserID: from.UserID, MemberID: from.MemberID, Action: e.Action, SubjectKind: e.Subject.Kind, SubjectID: e.Subject.ID,
		OrgPath: e.Org, RequestID: from.RequestID, Network: origin.Network(from.Address), Detail: string(mobile.ReplaceAll(detail, []byte("1**********"))),
	}, nil
}
