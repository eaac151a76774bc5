package checkin

import (
	"fmt"
	"sync/atomic"
	"testing"

	"themeday/server/ident"
	"themeday/server/store/storetest"
)

// BenchmarkWrite compares a commit for each check-in with commits shared by those who arrive together, for one person
// alone and for crowds. The first variant of each engine and crowd is the one that the second is measured against.
func BenchmarkWrite(b *testing.B) {
	for i, server := range append([]string{""}, storetest.Servers()...) {
		for _, crowd := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("engine%d-crowd%d", i, crowd), func(b *testing.B) {
				dsn := storetest.SQLiteDSN(b)
				if server != "" {
					dsn = storetest.NewDatabase(b, server)
				}
				db := storetest.Open(b, dsn)
				plain, together := &Service{db: db}, newWriter(db)
				b.Run("each", func(b *testing.B) {
					write(b, crowd, 1, func(a Attendance) (bool, error) { return plain.insert(b.Context(), db.Write(), a, noon) })
				})
				b.Run("together", func(b *testing.B) {
					write(b, crowd, 2, func(a Attendance) (bool, error) { return together.insert(b.Context(), a, noon) })
				})
			})
		}
	}
}

var written atomic.Int64

// write lets a crowd of distinct members check in to an event, each waiting for its answer.
func write(b *testing.B, crowd int, event ident.ID, insert func(Attendance) (bool, error)) {
	b.Helper()
	b.SetParallelism(max(1, crowd/2)) // times the two processors of the reference machine
	if crowd == 1 {
		for b.Loop() {
			one(b, event, insert)
		}
		return
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			one(b, event, insert)
		}
	})
}

func one(b *testing.B, event ident.ID, insert func(Attendance) (bool, error)) {
	member := ident.ID(written.Add(1))
	if made, err := insert(presence(event, member, int64(member))); err != nil || !made {
		b.Errorf("made %t, %v", made, err)
	}
}
