package sim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"
)

// Each page is three files so that it works under a content security policy of default-src 'self'.
//
//go:embed phone
var phoneFiles embed.FS

var pages = template.Must(template.ParseFS(phoneFiles, "phone/*.html"))

// words says in Chinese what push.html offers to choose.
var words = map[string]string{
	string(Duplicate): "推两遍", string(Resigned): "换个签名再推一遍", string(OutOfOrder): "后发生的先推", string(Nested): "列表多套一层", string(Numbers): "编号用数字",
	string(AsXML): "用 XML", string(Together): "几件合成一次", string(Replayed): "全部推完再原样推一遍", string(Unknown): "外加一件没见过的事",
	string(Forged): "伪造：口令不对", string(HalfSigned): "伪造：只有一半签名对", string(Downgraded): "伪造：不加密", string(Foreign): "伪造：别的小程序的",
	string(Late): "十分钟前签名的", string(Altered): "内容被改过", string(Oversized): "大到一兆",
	Delivered: "已送达", UserBlock: "本人拒收", SystemFailed: "没送到：微信出错", FreqLimit: "没送到：太频繁",
}

// page serves phone.html, a simulated phone's service notifications or the people to choose from when no person is named; or
// push.html, by which a developer pushes by hand.
func (s *Sim) page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page bytes.Buffer
		about := map[string]any{
			"Name": s.opts.Name, "Initial": string([]rune(s.opts.Name)[:1]), "PageLink": s.opts.PageLink, "Faults": PushFaults(), "Statuses": Statuses(), "Words": words,
		}
		if err := pages.ExecuteTemplate(&page, name, about); err != nil {
			http.Error(w, "模拟器出了点问题", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		_, _ = w.Write(page.Bytes())
	})
}

func asset(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := phoneFiles.ReadFile("phone/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	})
}
