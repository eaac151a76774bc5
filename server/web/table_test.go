package web_test

import (
	"testing"

	"themeday/server/web"
)

func TestCellsAreNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		"王五": "王五", "": "", "=1+1": "'=1+1", "+86": "'+86", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "＝1": "'＝1", "a=1": "a=1",
	} {
		if got := web.Inert(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	got := string(web.Table([][]string{{"姓名", "原因"}, {"王五", "说“来”, 没来"}, {"=1+1", ""}}))
	if want := "\ufeff姓名,原因\r\n王五,\"说“来”, 没来\"\r\n'=1+1,\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
