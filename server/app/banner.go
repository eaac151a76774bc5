package app

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/yeqown/go-qrcode/v2"
)

// greet tells who started the demonstration where it is, whom one can be, and shows the address as a QR code.
func (a *App) greet(out io.Writer) {
	url := a.Config.PublicURL
	fmt.Fprintf(out, "\n  主题党日 Themeday（演示）\n\n  打开    %s\n  手机消息 %s/__sim/phone\n\n  可以扮演：\n", url, url)
	people := a.Sim.People()
	for _, role := range []string{"secretary", "organiser", "admin", "member", "resident"} {
		for _, p := range people {
			if slices.Index(p.Roles, role) == 0 {
				fmt.Fprintf(out, "    %-10s %s  %s/?as=%s\n", p.Name, p.Org, url, p.ID)
				break
			}
		}
	}
	fmt.Fprintf(out, "    …共 %d 人，在网页里选择\n\n%s\n  按 Ctrl-C 停止\n\n", len(people), drawQR(url))
}

// drawQR returns the text as a QR code of half-block characters, light on dark, two rows of modules per line.
func drawQR(text string) string {
	code, err := qrcode.NewWith(text, qrcode.WithErrorCorrectionLevel(qrcode.ErrorCorrectionLow))
	if err != nil {
		return ""
	}
	var drawing terminal
	if err := code.Save(&drawing); err != nil {
		return ""
	}
	return drawing.String()
}

// terminal collects the modules of a code. It implements the library's writer.
type terminal struct{ strings.Builder }

// Close implements qrcode.Writer.
func (t *terminal) Close() error { return nil }

// quiet is the margin of light modules that scanners need.
const quiet = 2

// Write implements qrcode.Writer.
func (t *terminal) Write(m qrcode.Matrix) error {
	bitmap := m.Bitmap()
	dark := func(x, y int) bool {
		return y >= 0 && y < len(bitmap) && x >= 0 && x < len(bitmap[y]) && bitmap[y][x]
	}
	for y := -quiet; y < len(bitmap)+quiet; y += 2 {
		t.WriteString("  ")
		for x := -quiet; x < len(bitmap)+quiet; x++ {
			t.WriteString(halves[dark(x, y)][dark(x, y+1)])
		}
		t.WriteByte('\n')
	}
	return nil
}

// halves is the character for an upper and a lower module on a dark terminal: what is drawn is the light.
var halves = map[bool]map[bool]string{
	false: {false: "█", true: "▀"},
	true:  {false: "▄", true: " "},
}
