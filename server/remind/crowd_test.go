package remind_test

import (
	"fmt"
	"strings"
	"testing"

	"themeday/server/org"
	"themeday/server/remind"
)

// A hall of people is written together; that one of them takes the permission back while the messages are on their way
// spoils it for nobody.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const people = 80
		all := make([]org.Member, people)
		for i := range all {
			all[i] = w.member(fmt.Sprint("党员", i), 1)
		}
		w.onlyAnnounced()
		fickle := all[1] // whose message is mostly on its way by then
		w.wechat.hold = func() {
			if err := w.Report(t.Context(), w.users[fickle.ID].ID, "", map[string]remind.Answer{w.Templates[remind.Published].ID: remind.Ban}); err != nil {
				t.Error(err)
			}
		}
		w.queue.Start()
		for w.due() > 0 {
			w.queue.Wake() // stands in for the poll
		}
		if err := w.queue.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := map[string]int{}
		for openID, messages := range w.wechat.arrived {
			told[openID] = len(messages)
		}
		for _, m := range all {
			if m.ID == fickle.ID {
				continue
			}
			if n := told["openid-"+m.Name]; n != 1 {
				t.Errorf("%s got %d messages", m.Name, n)
			}
			w.wantLeft(m, remind.Published, 0)
		}
		if remaining, _ := w.left(fickle, remind.Published); remaining != 0 || told["openid-"+fickle.Name] > 1 {
			t.Errorf("who took it back may still get %d, and got %d", remaining, told["openid-"+fickle.Name])
		}
		for _, line := range w.deliveries() {
			if !strings.HasPrefix(line, fickle.Name+" ") && !strings.HasSuffix(line, " published sent") {
				t.Error(line)
			}
		}
	})
}
