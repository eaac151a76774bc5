package checkin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

// Failed is refused scans of one person at one event for one reason.
type Failed struct {
	Member *org.Member // nil for a WeChat identity that stands for nobody whom the actor may see
	Reason string      // the code of the refusal
	Count  int
	Last   time.Time
}

// maxFailed bounds the list: a crowd that scans a wrong picture is told by the total.
const maxFailed = 200

// FailedScans returns the refused scans of an event, the latest first, and how many there are in all, for those who run it.
func (s *Service) FailedScans(ctx context.Context, actor authz.Actor, id ident.ID) ([]Failed, int, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.RunEvent, id)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		MemberID ident.ID
		Reason   string
		N        int
		Last     int64
	}
	err = s.db.Read().NewRaw(`
SELECT COALESCE(u.member_id, 0) AS member_id, f.reason, COUNT(*) AS n, MAX(f.at) AS last
FROM failed_scans f LEFT JOIN users u ON u.id = f.user_id
WHERE f.event_id = ? GROUP BY COALESCE(u.member_id, 0), f.reason ORDER BY last DESC, member_id, f.reason`, id).Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.MemberID
	}
	members, err := s.names(ctx, ids)
	list, total := []Failed{}, 0
	for _, r := range rows {
		total += r.N
		f := Failed{Reason: r.Reason, Count: r.N, Last: clock.FromMillis(r.Last)}
		if m, known := members[r.MemberID]; known && inScope(m, actor.Scope(e.Object())) {
			f.Member = &m
		}
		list = append(list, f)
	}
	return list[:min(len(list), maxFailed)], total, err
}

// failedWords say in plain words why a scan was refused.
var failedWords = map[string]string{
	"code_malformed": "扫的不是签到码", "code_forged": "签到码无效", "code_expired": "签到码过期（可能是照片）", "code_future": "签到码时间不对",
	"code_renewed": "用了已更换的旧码", "ticket_expired": "扫码后超过五分钟", "spoken_wrong": "口令输错", "too_many_attempts": "口令输错太多次",
	"event_not_open_yet": "签到还没开始", "event_over": "签到已截止", "event_closed": "活动已结束", "event_cancelled": "活动已取消",
	"not_expected": "不在参加范围", "not_bound": "微信还没绑定党员", "attendance_corrected": "书记更正过后又扫码",
	"scan_too_old": "七天以前的扫码", "scan_in_future": "手机时间不准",
}

func failedWord(reason string) string {
	if word, known := failedWords[reason]; known {
		return word
	}
	return "没有成功"
}

// HintKind is why the secretary may want to look again. A hint holds nobody back.
type HintKind string

// The hints.
const (
	HintOneDevice HintKind = "one_device" // one phone for several members
	HintFar       HintKind = "far"        // checked in kilometres away
	HintFailed    HintKind = "failed"     // many refused scans
)

// Hint is something worth a second look.
type Hint struct {
	Kind     HintKind
	People   []org.Member
	Sentence string
}

// manyFailed is from how many refused scans on a person is worth a look: less is clumsiness.
const manyFailed = 5

// Hints returns what may be worth a second look, for those who run the event: never more than a hint.
func (s *Service) Hints(ctx context.Context, actor authz.Actor, id ident.ID) ([]Hint, error) {
	e, err := s.events.For(ctx, s.db.Read(), actor, authz.RunEvent, id)
	if err != nil {
		return nil, err
	}
	s.devices.flush(ctx, s)
	hints, err := s.deviceHints(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := s.list(ctx, s.db.Read(), e)
	if err != nil {
		return nil, err
	}
	hints = append(hints, farHints(list)...)
	failed, _, err := s.FailedScans(ctx, actor, id)
	return append(hints, failedHints(failed)...), err
}

func farHints(list []Attendance) []Hint {
	var hints []Hint
	for _, a := range list {
		if a.Status.came() && (a.Position == Far5km || a.Position == Far) {
			hints = append(hints, Hint{HintFar, []org.Member{a.Member}, a.Member.Name + "签到时手机离会场较远，定位也可能不准。"})
		}
	}
	return hints
}

func failedHints(failed []Failed) []Hint {
	count, who := map[ident.ID]int{}, map[ident.ID]org.Member{}
	for _, f := range failed {
		if f.Member != nil {
			count[f.Member.ID] += f.Count
			who[f.Member.ID] = *f.Member
		}
	}
	var hints []Hint
	for id, n := range count {
		if n >= manyFailed {
			hints = append(hints, Hint{HintFailed, []org.Member{who[id]}, fmt.Sprintf("%s签到失败了%d次，可能需要帮忙。", who[id].Name, n)})
		}
	}
	slices.SortFunc(hints, func(a, b Hint) int { return strings.Compare(a.Sentence, b.Sentence) })
	return hints
}

func (s *Service) deviceHints(ctx context.Context, id ident.ID) ([]Hint, error) {
	var rows []deviceRow
	err := s.db.Read().NewRaw(`
SELECT d.event_id, d.device, d.member_id, d.at FROM checkin_devices d WHERE d.event_id = ? AND d.device IN
  (SELECT x.device FROM checkin_devices x WHERE x.event_id = ? GROUP BY x.device HAVING COUNT(*) > 1)
ORDER BY d.device, d.at, d.member_id`, id, id).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.MemberID
	}
	members, err := s.names(ctx, ids)
	var hints []Hint
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r deviceRow) bool { return r.Device != rows[0].Device })
		if n < 0 {
			n = len(rows)
		}
		hint := Hint{Kind: HintOneDevice}
		var names []string
		for _, r := range rows[:n] {
			hint.People = append(hint.People, members[r.MemberID])
			names = append(names, members[r.MemberID].Name)
		}
		hint.Sentence = strings.Join(names, "、") + "用同一部手机签到，可能是互相帮忙。"
		hints, rows = append(hints, hint), rows[n:]
	}
	return hints, err
}

// deviceRow says that a member checked in from a phone.
type deviceRow struct {
	bun.BaseModel `bun:"table:checkin_devices"`

	EventID  ident.ID
	Device   string
	MemberID ident.ID
	At       int64
}

// devices gathers what is only good for hints, and writes it apart from the check-ins, many rows at once: a rush must
// not pay for it. What is lost with the server is a hint.
type devices struct {
	key []byte

	mu      sync.Mutex
	waiting []deviceRow
	writing bool
}

// Bounds of what waits.
const (
	devicePause   = time.Second
	maxDeviceRows = 4096
)

// noteDevice remembers that the member has checked in from the phone that calls itself device; "" says nothing.
func (s *Service) noteDevice(member, e ident.ID, device string) {
	if device == "" || member == 0 {
		return
	}
	mac := hmac.New(sha256.New, s.devices.key)
	mac.Write(fmt.Appendf(nil, "device %s %s", e, device))
	row := deviceRow{EventID: e, Device: hex.EncodeToString(mac.Sum(nil)[:16]), MemberID: member, At: clock.Millis(s.clock.Now())}
	if s.devices.add(row) {
		go func() {
			if clock.Pause(s.running, devicePause) {
				s.devices.flush(s.running, s)
			}
		}()
	}
}

// add reports whether somebody has to come and write.
func (d *devices) add(row deviceRow) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) >= maxDeviceRows {
		return false
	}
	d.waiting = append(d.waiting, row)
	first := !d.writing
	d.writing = true
	return first
}

// flush writes what waits. A failure is only logged.
func (d *devices) flush(ctx context.Context, s *Service) {
	d.mu.Lock()
	rows := d.waiting
	d.waiting, d.writing = nil, false
	d.mu.Unlock()
	for part := range slices.Chunk(rows, settleChunk) {
		keep := strings.TrimPrefix(s.db.IgnoreDuplicate("event_id", "device", "member_id"), " ON ")
		if _, err := s.db.Write().NewInsert().Model(&part).On(keep).Exec(ctx); err != nil {
			s.log.WarnContext(ctx, "devices not kept", "cause", err)
		}
	}
}

// PruneDevices deletes up to limit rows of what is known of phones from before the instant and returns how many.
func (s *Service) PruneDevices(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.db.DeleteSome(ctx, limit, "checkin_devices", "at < ?", clock.Millis(before))
}

// FailedView is refused scans of one person for one reason.
type FailedView struct {
	Member   *PersonRef `json:"member" doc:"null for a WeChat identity without a member, or of somebody else's people"`
	Reason   string     `json:"reason" doc:"Code of the refusal"`
	Sentence string     `json:"sentence"`
	Count    int        `json:"count"`
	LastAt   time.Time  `json:"lastAt"`
}

type failedOutput struct {
	Body struct {
		Items []FailedView `json:"items" doc:"The latest first, at most 200"`
		Total int          `json:"total" doc:"Of all refused scans"`
		Next  string       `json:"next" doc:"Always empty"`
	}
}

// HintView is something worth a second look.
type HintView struct {
	Kind     HintKind    `json:"kind" enum:"one_device,far,failed"`
	Sentence string      `json:"sentence"`
	People   []PersonRef `json:"people"`
}

type hintsOutput struct {
	Body struct {
		Items []HintView `json:"items"`
		Next  string     `json:"next" doc:"Always empty"`
	}
}

func (s *Service) routeReview(a *web.API) {
	web.Register(a, web.Op{ID: "listFailedScans", Method: http.MethodGet, Path: eventPath + "/failed-scans", Tag: "checkin", Summary: "Scans that were refused, and why."}, s.listFailed)
	web.Register(a, web.Op{ID: "listHints", Method: http.MethodGet, Path: eventPath + "/hints", Tag: "checkin", Summary: "What may be worth a second look; nothing of it has held anybody back."}, s.listHints)
}

func (s *Service) listFailed(ctx context.Context, in *event.IDInput) (*failedOutput, error) {
	list, total, err := s.FailedScans(ctx, web.ActorFrom(ctx), in.ID.ID)
	if err != nil {
		return nil, err
	}
	var out failedOutput
	out.Body.Total, out.Body.Items = total, make([]FailedView, len(list))
	for i, f := range list {
		out.Body.Items[i] = FailedView{nil, f.Reason, failedWord(f.Reason), f.Count, f.Last}
		if f.Member != nil {
			out.Body.Items[i].Member = &PersonRef{ID: f.Member.ID, Name: f.Member.Name}
		}
	}
	return &out, nil
}

func (s *Service) listHints(ctx context.Context, in *event.IDInput) (*hintsOutput, error) {
	hints, err := s.Hints(ctx, web.ActorFrom(ctx), in.ID.ID)
	if err != nil {
		return nil, err
	}
	var out hintsOutput
	out.Body.Items = make([]HintView, len(hints))
	for i, h := range hints {
		out.Body.Items[i] = HintView{h.Kind, h.Sentence, []PersonRef{}}
		for _, m := range h.People {
			out.Body.Items[i].People = append(out.Body.Items[i].People, PersonRef{ID: m.ID, Name: m.Name})
		}
	}
	return &out, nil
}
