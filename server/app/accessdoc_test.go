package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const accessDoc = "../docs/access.md"

// signs are the letters of the document.
var signs = map[string]string{ok: "+", anon: "l", bind: "b", no: "x", gone: "-", bad: "=", again: "="}

const accessHead = `# Who may do what

What each operation of the interface answers to whom. The test ` + "`TestAccess`" + ` calls every operation as every person below, and
` + "`TestAccessDocument`" + ` compares this page with what that one expects; ` + "`scripts/gen`" + ` writes it anew.

The object is always the same: a branch, 本村, its people, and an event of it to which another branch is invited as guest. *Own* is somebody
of this branch, *above* of the committee or the district over it, *below* of a group in it, *sibling* of another branch of the committee.
Within a cell there is a letter for each of member, secretary, organiser, admin and keeper; for guests the first three; in the last column for the
admin of the city and for the organiser of another committee; in the first for nobody (no session) and a resident (bound to no member).

| letter | answer |
| --- | --- |
| ` + "`+`" + ` | done |
| ` + "`-`" + ` | 404, to the letter as if it were not there |
| ` + "`x`" + ` | 403: seen, but not allowed |
| ` + "`b`" + ` | 403: become a member first |
| ` + "`l`" + ` | 401: log in first |
| ` + "`=`" + ` | 400 or 409: what was sent does not fit, or not in this state (in the test); nothing is told of what is not theirs |

`

// TestAccessDocument checks that the document is what the table says, or writes it when UPDATE_DOCS is 1.
func TestAccessDocument(t *testing.T) {
	var text strings.Builder
	text.WriteString(accessHead + "| operation | " + strings.Join(relations, " | ") + " |\n|" + strings.Repeat(" --- |", len(relations)+1) + "\n")
	for _, op := range newWorld(t).app.API.Operations() {
		fmt.Fprintf(&text, "| `%s` ", op.ID)
		cells := rowOf(op.ID)
		for _, relation := range relations {
			letters := ""
			for _, p := range parts {
				if p.relation == relation {
					letters += signs[cells[p.name]]
				}
			}
			fmt.Fprintf(&text, "| `%s` ", letters)
		}
		text.WriteString("|\n")
	}
	if os.Getenv("UPDATE_DOCS") == "1" {
		if err := os.WriteFile(accessDoc, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if there, err := os.ReadFile(accessDoc); err != nil || string(there) != text.String() {
		t.Errorf("%s is not what the table says: run scripts/gen (%v)", accessDoc, err)
	}
}
