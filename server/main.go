// Command server is Themeday (主题党日): it serves the API, the browser client and, in the demonstration, a simulated
// WeChat. Run it with -h for its commands and settings.
package main

import (
	"os"

	"themeday/server/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
