package checkin

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"themeday/server/event"
	"themeday/server/ident"
)

// AppendJSON appends what encoding/json would write, without asking each type how: after a scan it is the dearest part of
// the answer. A test fills every field and compares the two.
func (r *CheckinResult) AppendJSON(b []byte) []byte {
	b = r.Attendance.appendJSON(append(b, `{"attendance":`...))
	b = strconv.AppendBool(append(b, `,"repeated":`...), r.Repeated)
	b = appendBrief(append(b, `,"event":`...), &r.Event)
	return append(b, '}')
}

func (v *AttendanceView) appendJSON(b []byte) []byte {
	b = appendID(append(b, `{"eventId":`...), v.EventID)
	b = appendID(append(b, `,"memberId":`...), v.MemberID)
	b = appendText(append(b, `,"memberName":`...), v.MemberName)
	b = appendText(append(b, `,"initials":`...), v.Initials)
	b = appendID(append(b, `,"orgId":`...), v.OrgID)
	b = appendText(append(b, `,"orgName":`...), v.OrgName)
	b = strconv.AppendBool(append(b, `,"expected":`...), v.Expected)
	b = appendText(append(b, `,"status":`...), string(v.Status))
	b = appendText(append(b, `,"source":`...), string(v.Source))
	b = append(b, `,"at":`...)
	if v.At == nil {
		b = append(b, "null"...)
	} else {
		b = appendTime(b, *v.At)
	}
	b = append(b, `,"recordedBy":`...)
	if v.RecordedBy == nil {
		b = append(b, "null"...)
	} else {
		b = appendID(append(b, `{"id":`...), v.RecordedBy.ID)
		b = append(appendText(append(b, `,"name":`...), v.RecordedBy.Name), '}')
	}
	b = appendText(append(b, `,"position":`...), string(v.Position))
	b = appendText(append(b, `,"reason":`...), v.Reason)
	b = strconv.AppendInt(append(b, `,"revision":`...), int64(v.Revision), 10)
	return append(b, '}')
}

func appendBrief(b []byte, e *event.EventBrief) []byte {
	b = appendID(append(b, `{"id":`...), e.ID)
	b = appendText(append(b, `,"kind":`...), string(e.Kind))
	b = appendText(append(b, `,"title":`...), e.Title)
	b = appendText(append(b, `,"state":`...), string(e.State))
	b = appendText(append(b, `,"phase":`...), string(e.Phase))
	b = appendTime(append(b, `,"startsAt":`...), e.StartsAt)
	b = appendTime(append(b, `,"endsAt":`...), e.EndsAt)
	b = appendText(append(b, `,"placeName":`...), e.PlaceName)
	b = strconv.AppendBool(append(b, `,"placed":`...), e.Placed)
	b = appendID(append(b, `,"host":{"id":`...), e.Host.ID)
	b = appendText(append(b, `,"name":`...), e.Host.Name)
	b = appendText(append(b, `,"kind":`...), string(e.Host.Kind))
	return append(b, "}}"...)
}

func appendID(b []byte, id ident.ID) []byte {
	b = append(b, '"')
	if id != 0 {
		b = append(b, id.String()...)
	}
	return append(b, '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// appendText leaves every text that needs an escape to encoding/json.
func appendText(b []byte, text string) []byte {
	if !isPlain(text) {
		var out strings.Builder
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false) // as the frame does
		_ = encoder.Encode(text)     // of a text that cannot fail
		return append(b, strings.TrimSuffix(out.String(), "\n")...)
	}
	return append(append(append(b, '"'), text...), '"')
}

func isPlain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c == '"' || c == '\\':
			return false
		case c == 0xE2 && strings.HasPrefix(text[i:], "\u2028"[:2]): // also the two line ends that JavaScript knows
			return false
		}
	}
	return utf8.ValidString(text)
}
