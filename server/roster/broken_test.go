package roster_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"themeday/server/fault"
	"themeday/server/roster"
	"themeday/server/store/storetest"
)

// book makes a workbook with a header and one person, after change has had its way with it.
func book(t testing.TB, change func(*excelize.File), options ...excelize.Options) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for cell, text := range map[string]any{"A1": "姓名", "B1": "联系电话", "A2": "王磊", "B2": "13900000001"} {
		if err := f.SetCellValue("Sheet1", cell, text); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(f)
	}
	var out bytes.Buffer
	if err := f.Write(&out, options...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// repacked copies a workbook, with a part added or replaced.
func repacked(t testing.TB, raw []byte, name string, content io.Reader) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, part := range from.File {
		if part.Name == name {
			continue
		}
		if err := to.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	w, err := to.Create(name)
	if err == nil {
		_, err = io.Copy(w, content)
	}
	if err == nil {
		err = to.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zeros is what packs best.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func brokenFiles(t testing.TB) map[string][]byte {
	plain := book(t, nil)
	sheets := book(t, func(f *excelize.File) {
		for i := range 99 {
			if _, err := f.NewSheet(fmt.Sprint("支部", i)); err != nil {
				t.Fatal(err)
			}
		}
	})
	formula := book(t, func(f *excelize.File) {
		if err := f.SetCellFormula("Sheet1", "C2", `HYPERLINK("https://example.com","王磊")`); err != nil {
			t.Fatal(err)
		}
	})
	wide := `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>` +
		strings.Repeat("a", 1<<20) + `</t></is></c></row></sheetData></worksheet>`
	shared := `<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>` + strings.Repeat("长", 1<<20/3) + `</t></si>` + strings.Repeat("<si><t>1</t></si>", 3) + `</sst>`
	return map[string][]byte{
		"wrong type: a picture":         []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		"wrong type: a text document":   repacked(t, renamed(t, plain, "xl/", "word/"), "word/document.xml", strings.NewReader("<w/>")),
		"zip bomb":                      repacked(t, plain, "xl/worksheets/sheet1.xml", io.LimitReader(zeros{}, 80<<20)),
		"zip bomb in a part not needed": repacked(t, plain, "xl/media/image1.png", io.LimitReader(zeros{}, 80<<20)),
		"formula cells":                 formula,
		"100 sheets":                    sheets,
		"macros":                        repacked(t, plain, "xl/vbaProject.bin", strings.NewReader("macros")),
		"truncated":                     plain[:len(plain)/2],
		"truncated where it packs":      append(plain[:len(plain)/3:len(plain)/3], plain[len(plain)*2/3:]...),
		"password":                      book(t, nil, excelize.Options{Password: "geheim"}),
		"50 MB":                         make([]byte, 50<<20),
		"empty":                         {},
		"a workbook with nothing in it": book(t, func(f *excelize.File) {
			for _, cell := range []string{"A1", "B1", "A2", "B2"} {
				_ = f.SetCellValue("Sheet1", cell, "")
			}
		}),
		"cell of 1 MB":                     repacked(t, plain, "xl/worksheets/sheet1.xml", strings.NewReader(wide)),
		"cell of 1 MB in the common texts": repacked(t, plain, "xl/sharedStrings.xml", strings.NewReader(shared)),
	}
}

// renamed copies a workbook with its parts moved to another folder.
func renamed(t testing.TB, raw []byte, from, to string) []byte {
	t.Helper()
	box, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range box.File {
		part.Name = strings.Replace(part.Name, from, to, 1)
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBrokenFiles: each is refused with a sentence, and without unpacking more than a roster can be.
func TestBrokenFiles(t *testing.T) {
	want := map[string]string{
		"wrong type: a picture": "file_type", "wrong type: a text document": "file_type", "zip bomb": "file_too_large", "zip bomb in a part not needed": "file_too_large",
		"formula cells": "file_formula", "100 sheets": "file_sheets", "macros": "file_macros", "truncated": "file_truncated", "truncated where it packs": "file_truncated",
		"password": "file_password", "50 MB": "file_too_large", "empty": "file_empty", "a workbook with nothing in it": "no_header",
		"cell of 1 MB": "file_cell", "cell of 1 MB in the common texts": "file_cell",
	}
	for name, raw := range brokenFiles(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := roster.ReadAll(raw)
			runtime.ReadMemStats(&after)
			if told := fault.From(err); err == nil || told.Code != want[name] || told.Message == "" {
				t.Errorf("%v, want %s", err, want[name])
			}
			if told := fault.From(err).Message; strings.ContainsAny(told, "_:;{}<>") || utf8.RuneCountInString(told) > 60 {
				t.Errorf("no plain sentence: %s", told)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 30 {
				t.Errorf("%d MB were allocated", used)
			}
		})
	}
}

// district makes a roster of n people in the branches of the world, as a workbook.
func district(t testing.TB, n int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	row := func(i int, cells ...any) {
		if err := w.SetRow(fmt.Sprint("A", i), cells); err != nil {
			t.Fatal(err)
		}
	}
	branches := []string{"冉庙村党支部", "清凉寺村党支部", "大李村党支部", "机关党支部", "乡卫生院党支部"}
	row(1, "序号", "姓名", "性别", "民族", "出生年月", "身份证号码", "入党时间", "所在党支部", "联系电话", "备注")
	for i := range n {
		name := "王" + string(rune('一'+i%200)) + string(rune('丁'+i/200))
		row(i+2, i+1, name, "男", "汉", "1967.12", fmt.Sprintf("00000019671201%04d", i%10000), "1989年1月25日", branches[i%len(branches)], fmt.Sprintf("139%08d", i), "")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkImport is the whole way of a roster: read, compare, keep, apply; and the same again, which changes nothing. How
// much the heap grows meanwhile must not follow the number of people.
func BenchmarkImport(b *testing.B) {
	for _, n := range []int{2_000, 20_000, 60_000} {
		raw := district(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			most := uint64(0)
			for b.Loop() {
				w := newWorld(b, storetest.New(b))
				most = max(most, peak(func() {
					if v := w.apply(w.upload(raw)); v.State != roster.Applied || v.Written != n {
						b.Errorf("%+v", v)
					}
				}))
				most = max(most, peak(func() {
					if again := w.upload(raw); again.Counts.Unchanged != n {
						b.Error(figures(again))
					}
				}))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/person")
			b.ReportMetric(float64(most)/(1<<20), "peak-MB")
		})
	}
}

// peak returns by how many bytes the heap grows at most during something.
func peak(something func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most, done := m.HeapAlloc, uint64(0), make(chan struct{})
	go func() {
		defer close(done)
		something()
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return most - min(before, most)
		case <-tick.C:
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
}
