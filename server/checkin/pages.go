package checkin

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"themeday/server/web"
)

// eventPage is the page of the mini-program that a mini-program code opens; the scene is the event's id.
const eventPage = "pages/event/event"

func (s *Service) miniCode(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		e, err := s.eventOf(ctx, c.Param("id"))
		if err != nil {
			a.Fail(c, err)
			return
		}
		picture, mediaType, err := s.painter.MiniCode(ctx, e.ID.String(), eventPage)
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Data(http.StatusOK, mediaType, picture)
	}
}

//go:embed landing.html
var landingText string

var landingPage = template.Must(template.New("landing").Parse(landingText))

// landingView is what the page says. Which kind of code it is about is told by the first letter.
type landingView struct {
	Kind   string // event, plate, personal or invitation
	Target string
}

func landingOf(code string) landingView {
	v := landingView{"event", "/#/pages/checkin/checkin?q=" + url.QueryEscape("/c/"+code)}
	switch {
	case strings.HasPrefix(code, "s"):
		v.Kind = "plate"
	case strings.HasPrefix(code, "p"):
		v.Kind = "personal"
	case strings.HasPrefix(code, "i"):
		v = landingView{"invitation", "/#/pkg-binding/pages/ask/ask?code=" + url.QueryEscape(code)}
	}
	return v
}

// landing explains a code to whom a plain camera has brought here. WeChat itself opens the mini-program instead. The
// code is not checked and nothing is read: the page is for anybody.
func landing(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	c.Header("Content-Type", "text/html; charset=utf-8")
	if err := landingPage.Execute(c.Writer, landingOf(c.Param("code"))); err != nil {
		_ = c.Error(err)
	}
}
