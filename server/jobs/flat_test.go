package jobs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"themeday/server/jobs"
	"themeday/server/store"
)

// TestClaimsReadOnlyWhatIsDue: each part of the query for due jobs is a range of the index, on every engine, with a table
// full of what is finished and what is planned for later.
func TestClaimsReadOnlyWhatIsDue(t *testing.T) {
	each(t, jobs.Options{}, func(t *testing.T, b *bench) {
		b.note("say")
		finished, planned := make([]jobs.Job, 200), make([]jobs.Job, 2000)
		for i := range finished {
			finished[i] = jobs.Job{Kind: "say", Payload: "old"}
		}
		for i := range planned {
			planned[i] = jobs.Job{Kind: "say", Payload: "later", RunAt: start.Add(time.Hour)}
		}
		b.enqueue(finished...)
		b.runDue(len(finished))
		b.enqueue(planned...)
		b.enqueue(jobs.Job{Kind: "say", Payload: "due"})
		if plan := explain(t, b.db); !strings.Contains(plan, "JOBS_LANE") || strings.Contains(plan, "SORT") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("the plan is\n%s", plan)
		}
	})
}

// explain returns how the engine finds the due jobs of one kind and priority.
func explain(t *testing.T, db *store.DB) string {
	t.Helper()
	verb := "EXPLAIN "
	if db.Engine() == store.SQLite {
		verb = "EXPLAIN QUERY PLAN "
	}
	rows, err := db.Read().QueryContext(t.Context(), verb+jobs.Lane, "ready", "say", 0, start.UnixMilli(), 10)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			fmt.Fprint(&plan, v, " ")
		}
		plan.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.ToUpper(plan.String())
}
