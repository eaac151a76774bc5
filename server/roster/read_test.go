package roster_test

import (
	"strings"
	"testing"

	"themeday/server/fault"
	"themeday/server/roster"
)

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"1968-01-03": "1968-01-03", "1994/8/4": "1994-08-04", "1992.09": "1992-09", "1989年1月25日": "1989-01-25", "19821014": "1982-10-14", "28281": "1977-06-05", // the six of the sample
		"２０１２．０７": "2012-07", "1989年1月": "1989-01", "1989 年 1 月 25 日": "1989-01-25", "198210": "1982-10", "1989": "1989", "1989年": "1989", "2012.07.01": "2012-07-01",
		"2006-06-07 00:00:00": "2006-06-07", "42634.0": "2016-09-21",
		"2012-02-30": "", "1989-13": "", "去年": "", "": "", "13988600007": "", "7852": "", "99999": "", "1776-07-04": "", "3000": "",
	} {
		if got, ok := roster.ReadDate(text); got != want && ok || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}

func TestPhones(t *testing.T) {
	for text, want := range map[string]string{
		"+8613988600007": "13988600007", "１３９８８６０００２１": "13988600021", "139-8860-0063": "13988600063", "139 8860 0077": "13988600077", "13988600028": "13988600028",
		"1.3988600028E+10": "13988600028", "13988600028.0": "13988600028", "13988600028/05586661234": "13988600028", "0558-6661234、13988600028": "13988600028", "本人13988600028": "13988600028",
		"'13988600028": "13988600028", "138****0001": "masked",
		"无": "none", "": "none", "——": "none", "暂 无": "none",
		"1398860089": "bad", "139886000289": "bad", "0558-6661234": "bad", "问儿子": "bad", "12988600028": "bad",
	} {
		if got := roster.ReadPhone(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"朱　德全": "朱德全", " 姓 名 ": "姓名", "王磊（预备）": "王磊", "阿不都•热合曼": "阿不都·热合曼", "John Smith": "John Smith",
		"王": "", "王磊1": "", "": "", "13988600028": "", "=1+1": "", "<b>": "",
	} {
		if got, _, ok := roster.ReadName(text); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}

func TestIdentityNumbers(t *testing.T) {
	for text, want := range map[string]bool{
		"11010519491231002X": true, "11010519491231002x": true, "110105194912310021": false, "000000199805110001": false, "1101051949123100": false, "": false,
	} {
		if got := roster.IsIdentity(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if said := roster.Told("编号11010519491231002X，电话 13988600007"); said != "编号…,电话 …" {
		t.Errorf("told as %q", said)
	}
}

// TestReading: one small file with everything that is odd about the larger ones.
func TestReading(t *testing.T) {
	got, rows, err := roster.ReadAll([]byte(strings.Join([]string{
		"大李村党支部党员花名册,,,,,",
		"填报单位：大李村党支部,,,,填报日期：2026年10月,",
		"序号,姓 名,\"手机号\n（必填）\",入党时间,所在支部,档案,备注",
		"1,王磊,13900000001,1989-06-20,机关党支部,11010519491231002X,预备党员",
		"2,李静,无,某年,,,\"流动党员，在苏州务工\"",
		"",
		"3,,,,,,",
		"4,,13900000003,,,,",
		"5,王磊,１３９０００００００１,1989.06,,,",
		"6,张三,139,,冉庙村,,已去世",
		"7,赵六,1390,,,,年老体弱，长期卧床",
		"合计,7人,,,,,",
		"填表人：某某,,审核人：,,,",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, r := range rows {
		said = append(said, strings.Join([]string{r.Cell, r.Name, r.Number, r.Since, r.Branch, r.Kind, string(r.Standing), r.Trouble, strings.Join(r.Remarks, "，")}, "|"))
	}
	want := []string{
		"B5|王磊|13900000001|1989-06-20|机关党支部|probationary|||",
		"B6|李静|||机关党支部||flow_out||入党时间（D6 单元格）看不明白，没有导入",
		"B9||13900000003||机关党支部|||没有填姓名|",
		"B10|王磊|13900000001|1989-06|机关党支部|||与第 5 行是同一个人，只算一次|",
		"C11|张三|||冉庙村|||写着“去世”，不作为党员导入；如果已在花名册里，请单独办理移出|",
		"C12|赵六|||冉庙村||long_illness||",
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if s := got.Sheets[0]; s.Header != 3 || s.Total != 7 || s.People != 3 {
		t.Errorf("sheet: %+v", s)
	}
	if len(got.Dropped) != 1 || got.Dropped[0] != (roster.RosterColumn{Name: "档案", Identity: true}) {
		t.Errorf("dropped: %+v", got.Dropped)
	}
}

// FuzzRead: whatever is sent, it is read or refused with a sentence, and no identity number comes out.
func FuzzRead(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte("\ufeff姓名,电话\n王磊,13900000001\n"))
	f.Add([]byte("姓名\t电话\n\"王\"磊\t11010519491231002X\n"))
	f.Add([]byte("\xd0\xd5\xc3\xfb,\xb5\xe7\xbb\xb0\n\xcd\xf5\xc0\xda,139\n")) // GBK
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd0\xcf\x11\xe0"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, rows, err := roster.ReadAll(raw)
		if err != nil {
			if told := fault.From(err); told.Kind != fault.KindInvalid || told.Message == "" {
				t.Fatalf("%v is no answer", err)
			}
			return
		}
		for _, r := range rows {
			kept := strings.Join(append(r.Remarks, r.Name, r.Number, r.Mask, r.Since, r.Kind, r.Trouble, r.Sheet, r.Cell), " ")
			for i := 0; i+18 <= len(kept); i++ {
				if roster.IsIdentity(kept[i : i+18]) {
					t.Fatalf("kept an identity number: %q", kept)
				}
			}
		}
	})
}

// FuzzCells: dates are dates, and reading what was read gives the same.
func FuzzCells(f *testing.F) {
	for _, text := range []string{"1989年1月25日", "28281", "１９９２．０９", "+86 139-8860-0063", "1.39E10", "朱　德全（预备）"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if date, ok := roster.ReadDate(text); ok {
			if again, ok := roster.ReadDate(date); !ok || again != date {
				t.Errorf("date %q of %q is read as %q", date, text, again)
			}
		}
		if phone := roster.ReadPhone(text); len(phone) == 11 && roster.ReadPhone(phone) != phone {
			t.Errorf("number of %q", text)
		}
		if name, _, ok := roster.ReadName(text); ok {
			if again, _, ok := roster.ReadName(name); !ok || again != name {
				t.Errorf("name %q of %q is read as %q", name, text, again)
			}
		}
	})
}
