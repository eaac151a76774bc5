package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"themeday/server/ident"
)

// sealed is an entry with its link, as the chain is walked.
type sealed struct {
	ID          int64
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
	Seq         int64
	Digest      string
	Hash        string
	Erased      bool
}

const (
	contentColumns = "id, at, user_id, member_id, action, subject_kind, subject_id, org_path, request_id, network, detail"
	sealedColumns  = contentColumns + ", seq, digest, hash, erased"
)

// contentDigest is a hash of all that the entry says. An entry that has been erased keeps it, so that its link still holds. The
// request id in it, which is random and goes with the rest, keeps the content from being guessed.
func (s sealed) contentDigest() string {
	content, _ := json.Marshal([]any{ // numbers and texts
		s.ID, s.At, int64(s.UserID), int64(s.MemberID), s.Action, s.SubjectKind, int64(s.SubjectID), s.OrgPath, s.RequestID, s.Network, s.Detail,
	})
	return sum(string(content))
}

// link is the hash of the entry at its place: what comes before it, its number, and what it says. Instant and action stand beside
// the digest because they outlive the content of an erased look.
func (s sealed) link(before string) string {
	return sum(strings.Join([]string{before, strconv.FormatInt(s.Seq, 10), strconv.FormatInt(s.At, 10), string(s.Action), s.Digest}, "\n"))
}

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}
