package audit

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/store"
)

// Read is an entry as it is read.
type Read struct {
	ID        ident.ID
	At        time.Time
	UserID    ident.ID // 0 when the server did it by itself
	MemberID  ident.ID // 0 for nobody on a roster
	Action    Action
	Subject   Subject
	Org       string // path
	RequestID string
	Network   string
	Detail    map[string]any
	Seq       int64 // 0 until it is sealed
}

// Filter chooses entries. Zero fields choose all.
type Filter struct {
	Paths   []string  // within these parts of the tree; nil is everywhere, empty is nowhere
	Member  ident.ID  // done by this member, or to them
	By      ident.ID  // done by this member
	Actions []Action  // one of these
	From    time.Time // at or after
	To      time.Time // before
	Subject Subject
	After   Cursor // older than this one

	About About    // what was done concerns this person
	NotBy ident.ID // not done by this member
}

// About is how a person is concerned without having done anything.
type About struct {
	Member ident.ID   // as the subject; 0 chooses all entries
	Events []ident.ID // in whose records the member stands
	Sites  []ident.ID // that the member has visited
	Spans  []Span     // in which things were done to organisations around the member
}

// Span is a time during which what was done to one of the organisations, by path, concerned somebody.
type Span struct {
	Paths []string
	From  time.Time // at or after; zero is ever since
	To    time.Time // before; zero is until now
}

// where returns the condition for what concerns the person.
func (a About) where() (string, []any) {
	parts, args := []string{"(subject_kind = ? AND subject_id = ?)"}, []any{Member, a.Member}
	for kind, ids := range map[SubjectKind][]ident.ID{Event: a.Events, Site: a.Sites} {
		if len(ids) > 0 {
			parts, args = append(parts, "(subject_kind = ? AND subject_id IN (?))"), append(args, kind, bun.List(ids))
		}
	}
	for _, s := range a.Spans {
		part := "(subject_kind NOT IN (?, ?) AND org_path IN (?)"
		args = append(args, Member, Site, bun.List(s.Paths))
		if !s.From.IsZero() {
			part, args = part+" AND at >= ?", append(args, clock.Millis(s.From))
		}
		if !s.To.IsZero() {
			part, args = part+" AND at < ?", append(args, clock.Millis(s.To))
		}
		parts = append(parts, part+")")
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// Cursor is the place of an entry in the list, newest first.
type Cursor struct {
	At int64 // unix milliseconds
	ID ident.ID
}

// First returns the first of the paths; "" for everywhere.
func (f Filter) First() string {
	if len(f.Paths) == 0 {
		return ""
	}
	return f.Paths[0]
}

// String returns the cursor as a list gives it; ParseCursor reads it.
func (c Cursor) String() string { return strconv.FormatInt(c.At, 10) + "." + c.ID.String() }

// ParseCursor reads what String wrote; the empty text is the newest entry. It returns bad_cursor.
func ParseCursor(text string) (c Cursor, err error) {
	if text == "" {
		return c, nil
	}
	at, id, _ := strings.Cut(text, ".")
	c.At, err = strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" || c.ID.UnmarshalText([]byte(id)) != nil {
		return c, errCursor
	}
	return c, nil
}

var errCursor = fault.Invalid("bad_cursor", "翻页位置无效，请从头刷新")

// Cursor returns the place of the entry.
func (r Read) Cursor() Cursor { return Cursor{clock.Millis(r.At), r.ID} }

// List returns up to limit entries, the newest first. Erased looks are left out.
func List(ctx context.Context, db *store.DB, f Filter, limit int) ([]Read, error) {
	if f.Paths != nil && len(f.Paths) == 0 {
		return nil, nil
	}
	where, args := f.where()
	var rows []struct {
		sealed

		Seq *int64
	}
	err := db.Read().NewRaw("SELECT "+contentColumns+", seq FROM audit_entries WHERE "+where+" ORDER BY at DESC, id DESC LIMIT ?", append(args, limit)...).Scan(ctx, &rows)
	entries := make([]Read, len(rows))
	for i, r := range rows {
		entries[i] = r.read()
		if r.Seq != nil {
			entries[i].Seq = *r.Seq
		}
	}
	return entries, err
}

func (s sealed) read() Read {
	e := Read{
		ID: ident.ID(s.ID), At: clock.FromMillis(s.At), UserID: s.UserID, MemberID: s.MemberID, Action: s.Action, Subject: Subject{s.SubjectKind, s.SubjectID},
		Org: s.OrgPath, RequestID: s.RequestID, Network: s.Network, Detail: map[string]any{},
	}
	_ = json.Unmarshal([]byte(s.Detail), &e.Detail) // what was written by Note can be read
	return e
}

// where returns the condition, in parts that an index can answer.
func (f Filter) where() (string, []any) {
	parts, args := []string{"erased = 0"}, []any{}
	add := func(condition string, values ...any) {
		parts, args = append(parts, condition), append(args, values...)
	}
	if len(f.Paths) > 0 {
		ranges := make([]string, len(f.Paths))
		var ends []any
		for i, path := range f.Paths {
			ranges[i] = "(org_path >= ? AND org_path < ?)"
			ends = append(ends, path, strings.TrimSuffix(path, "/")+"0") // "0" comes after "/"
		}
		add("("+strings.Join(ranges, " OR ")+")", ends...)
	}
	if f.Member != 0 {
		add("(member_id = ? OR (subject_kind = ? AND subject_id = ?))", f.Member, Member, f.Member)
	}
	if f.By != 0 {
		add("member_id = ?", f.By)
	}
	if len(f.Actions) > 0 {
		add("action IN (?)", bun.List(f.Actions))
	}
	if f.Subject.Kind != "" {
		add("subject_kind = ? AND subject_id = ?", f.Subject.Kind, f.Subject.ID)
	}
	if f.About.Member != 0 {
		condition, values := f.About.where()
		add(condition, values...)
	}
	if f.NotBy != 0 {
		add("member_id <> ?", f.NotBy)
	}
	if !f.From.IsZero() {
		add("at >= ?", clock.Millis(f.From))
	}
	if !f.To.IsZero() {
		add("at < ?", clock.Millis(f.To))
	}
	if f.After != (Cursor{}) {
		add("(at < ? OR (at = ? AND id < ?))", f.After.At, f.After.At, f.After.ID)
	}
	return strings.Join(parts, " AND "), args
}
