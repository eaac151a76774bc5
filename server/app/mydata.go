package app

import (
	"time"

	"themeday/server/mydata"
)

// buildMyData connects what a person can do about what is held of them to those who hold it.
func (a *App) buildMyData() {
	keep := a.Config.Retention
	days := map[string]int{
		"sessions": keep.Sessions, "evidence": keep.Evidence, "devices": keep.Devices, "packs": keep.Packs, "failed_scans": keep.FailedScans, "messages": keep.Messages,
		"deliveries": keep.Deliveries, "corrections": keep.Corrections, "actions": keep.Looks,
	}
	a.MyData = mydata.New(mydata.Deps{
		DB: a.DB, Clock: a.Clock, IDs: a.ids, Log: a.log, People: a.Orgs, Attendance: a.Checkin, Messages: a.Remind,
		Grace: time.Duration(keep.AccountGrace) * 24 * time.Hour, Days: func(key string) int { return days[key] },
	})
}
