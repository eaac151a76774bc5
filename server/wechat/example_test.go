package wechat_test

import (
	"context"
	"fmt"

	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/wechat"
	"themeday/server/wechat/sim"
)

// A client of the simulated platform, as the demonstration has it.
func Example() {
	clk := clock.System()
	platform := sim.New(sim.Options{Clock: clk})
	platform.AddPerson(sim.Person{ID: "wang", Name: "王建国"})
	template, _ := platform.AddTemplate(sim.Template{Title: "活动提醒", Content: "活动名称：{{thing1.DATA}}"})

	client := wechat.New(wechat.Config{AppID: sim.DefaultAppID, AppSecret: sim.DefaultAppSecret},
		newCache(), platform.Transport(), clk, ident.NewSource(clk, nil), nil)
	code, _ := platform.LoginCode("wang")
	who, _ := client.Login(context.Background(), code)
	message := wechat.SubscribeMessage{
		OpenID: who.OpenID, TemplateID: template, Data: map[string]string{"thing1": "三月主题党日"},
	}

	_, err := client.SendSubscribe(context.Background(), message)
	fmt.Println("before the tap:", wechat.CodeOf(err))
	_, _ = platform.Tap("wang", []string{template}, nil)
	_, err = client.SendSubscribe(context.Background(), message)
	fmt.Println("after the tap:", err)
	// Output:
	// before the tap: 43101
	// after the tap: <nil>
}
