package org_test

import (
	"strings"
	"testing"

	"github.com/mozillazg/go-pinyin"

	"themeday/server/org"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"张三": "zs", "张桂芳": "zgf", "欧阳建国": "oyjg", "单雄信": "sxx", "简单": "jd", "曾国藩": "zgf", "Li 四2": "lis2", "": "", "（）": "", "龘": "d",
		"解放": "xf", "仇和": "qh", "查良镛": "zly", "区小明": "oxm", "翟志刚": "zzg", "乐毅": "yy", "盖叫天": "gjt", "种师道": "csd", "缪斯": "ms", "朴树": "ps",
		"尉迟恭": "ycg", "尉健行": "wjx", "万俟卨": "mqx", "长孙无忌": "zswj", "单于": "cy", "覃正": "qz", "买买提·阿不都": "mmtabd",
	} {
		if got := org.Initials(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestReadingOfEveryCharacter holds our reading of the library's table against the library's own.
func TestReadingOfEveryCharacter(t *testing.T) {
	args := pinyin.NewArgs()
	for r := range pinyin.PinyinDict {
		want := strings.ReplaceAll(strings.Join(pinyin.SinglePinyin(rune(r), args), ""), "ü", "v")
		if _, got := org.Said("a" + string(rune(r))); got != "a"+want {
			t.Errorf("%c: %q, want %q", rune(r), got, want)
		}
	}
}

func TestSaid(t *testing.T) {
	for name, want := range map[string][2]string{
		"张桂芳": {"zgf", "zhangguifang"}, "吕布": {"lb", "lvbu"}, "单单": {"sd", "shandan"}, "（）": {"~", "~"}, "": {"~", "~"},
		strings.Repeat("庄", 40): {strings.Repeat("z", 40), strings.Repeat("zhuang", 10)},
	} {
		if initials, spelling := org.Said(name); initials != want[0] || spelling != want[1] {
			t.Errorf("%s: %q %q, want %q", name, initials, spelling, want)
		}
	}
}

func TestSearchOf(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "  ": "", "张": "name 张", " 桂芳 ": "name 桂芳", "zgf": "letters zgf", "ZGF": "letters zgf", "ｚｇｆ": "letters zgf", "zhang gui": "letters zhanggui",
		"0": "", "01": "tail 01", "0001": "tail 0001", "０００１": "tail 0001", "00001": "nobody", "1380000000": "nobody", "13800000001": "phone 13800000001",
		"138-0000 0001": "phone 13800000001", "+86 13800000001": "phone 13800000001", "%": "name %", "a张": "name a张", "138000000011": "nobody",
	} {
		if got := org.SearchOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
