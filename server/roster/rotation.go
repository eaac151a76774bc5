package roster

import "themeday/server/org"

// SealedRows is the table of this package that holds sealed numbers, to seal them with another key.
var SealedRows = org.SealedTable{Name: "roster_import_rows", First: "import_id", Second: "position"}
