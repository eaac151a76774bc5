package web

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// byteOrderMark tells Excel that the table is UTF-8.
const byteOrderMark = "\ufeff"

// Table returns lines as CSV (RFC 4180) for a spreadsheet, with no cell that it would take for a formula.
func Table(lines [][]string) []byte {
	var out bytes.Buffer
	out.WriteString(byteOrderMark)
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, line := range lines {
		cells := make([]string, len(line))
		for i, cell := range line {
			cells[i] = inert(cell)
		}
		_ = w.Write(cells) // into memory
	}
	w.Flush()
	return out.Bytes()
}

// inert keeps a spreadsheet from reading a name or a reason as a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
