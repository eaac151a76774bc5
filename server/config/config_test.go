package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"themeday/server/config"
)

const goodSecret = "0123456789abcdef0123456789abcdef"

// env turns a table of settings without their prefix into an environment.
func env(settings map[string]string) []string {
	list := []string{"HOME=/root", "SECRET=not ours", "MODE=production"}
	for name, value := range settings {
		list = append(list, config.Prefix+name+"="+value)
	}
	return list
}

// sound are the settings of a production server that nothing is wrong with, after a change; "-" takes one out.
func sound(change map[string]string) []string {
	settings := map[string]string{
		"MODE": "production", "SECRET": goodSecret, "PUBLIC_URL": "https://party.example.cn/", "WECHAT_APP_ID": "wx0123456789abcdef",
		"WECHAT_APP_SECRET": "wechat-secret-of-32-characters-xx", "DATABASE_DSN": "mysql:themeday:dbpassword@tcp(db:3306)/themeday",
	}
	for name, value := range change {
		settings[name] = value
		if value == "-" {
			delete(settings, name)
		}
	}
	return env(settings)
}

func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaults(t *testing.T) {
	c, err := config.Load("", env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != config.Demo || c.Addr != "127.0.0.1:8080" || c.DataDir != "data" || c.RedisURL != "" || c.ShutdownTimeout != 10*time.Second {
		t.Errorf("%+v", c)
	}
	if c.DatabaseDSN != "sqlite:"+filepath.Join("data", "themeday.db") || c.PublicURL != "http://127.0.0.1:8080" {
		t.Errorf("derived %q, %q", c.DatabaseDSN, c.PublicURL)
	}
}

func TestProduction(t *testing.T) {
	c, err := config.Load("", sound(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != config.Production || c.PublicURL != "https://party.example.cn" || c.WeChat.AppID != "wx0123456789abcdef" {
		t.Errorf("%+v", c)
	}
	if _, err := config.Load("", sound(map[string]string{"ADDR": "0.0.0.0:80", "WECHAT_SIMULATOR": "false"})); err != nil {
		t.Errorf("a production server may be reached: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    []string
		wanted []string // all of these are told at once
	}{
		{"unknown mode", env(map[string]string{"MODE": "staging"}), []string{"mode"}},
		{"everything is missing", env(map[string]string{"MODE": "production"}), []string{"secret", "app_id", "app_secret", "public_url"}},
		{"the demonstration's secret", sound(map[string]string{"SECRET": "-"}), []string{"secret"}},
		{"a short secret", sound(map[string]string{"SECRET": goodSecret[1:]}), []string{"secret"}},
		{"the simulator", sound(map[string]string{"WECHAT_SIMULATOR": "true"}), []string{"simulator"}},
		{"the simulator's address", sound(map[string]string{"WECHAT_API_URL": "http://127.0.0.1:9999"}), []string{"api_url"}},
		{"no account", sound(map[string]string{"WECHAT_APP_ID": "-"}), []string{"app_id"}},
		{"no account's secret", sound(map[string]string{"WECHAT_APP_SECRET": "-"}), []string{"app_secret"}},
		{"plain http", sound(map[string]string{"PUBLIC_URL": "http://party.example.cn"}), []string{"public_url"}},
		{"no host", sound(map[string]string{"PUBLIC_URL": "https:///c"}), []string{"public_url"}},
		{"ftp", env(map[string]string{"PUBLIC_URL": "ftp://x"}), []string{"public_url"}},
		{"no port", env(map[string]string{"ADDR": "127.0.0.1"}), []string{"addr"}},
		{"unknown database", env(map[string]string{"DATABASE_DSN": "postgres://x"}), []string{"database_dsn"}},
		{"unknown log level", env(map[string]string{"LOG_LEVEL": "loud"}), []string{"log_level"}},
		{"unknown log format", env(map[string]string{"LOG_FORMAT": "xml"}), []string{"log_format"}},
		{"no workers", env(map[string]string{"WORKERS": "0"}), []string{"workers"}},
		{"too many workers", env(map[string]string{"WORKERS": "257"}), []string{"workers"}},
		{"workers in words", env(map[string]string{"WORKERS": "four"}), []string{"config:"}},
		{"no time to stop", env(map[string]string{"SHUTDOWN_TIMEOUT": "0s"}), []string{"shutdown_timeout"}},
		{"no limit", env(map[string]string{"LIMIT_SESSION_RATE": "0"}), []string{"limits"}},
		{"a proxy that is none", env(map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8,nginx"}), []string{"trusted_proxies", "nginx"}},
		{"official account without its id", sound(map[string]string{"OFFICIAL_APP_SECRET": "official-secret-of-32-characters-x"}), []string{"official_account.app_id is missing"}},
		{"official account without its secret", sound(map[string]string{"OFFICIAL_APP_ID": "wx-official"}), []string{"official_account.app_secret"}},
		{"official account that is the mini-program", sound(map[string]string{"OFFICIAL_APP_ID": "wx0123456789abcdef", "OFFICIAL_APP_SECRET": "official-secret-of-32-characters-x"}), []string{"official_account.app_id is the mini-program's"}},
		{"official account's push in plain mode", sound(map[string]string{"OFFICIAL_APP_ID": "wx-official", "OFFICIAL_APP_SECRET": "official-secret-of-32-characters-x", "OFFICIAL_PUSH_TOKEN": "t"}), []string{"official_account.push_aes_key"}},
		{"several at once", env(map[string]string{"LOG_LEVEL": "loud", "WORKERS": "0", "ADDR": "x"}), []string{"log_level", "workers", "addr"}},
		{"open demonstration", env(map[string]string{"ADDR": "0.0.0.0:8080"}), []string{"addr"}},
		{"open demonstration, every address", env(map[string]string{"ADDR": ":8080"}), []string{"addr"}},
		{"open demonstration, by name", env(map[string]string{"ADDR": "example.cn:8080"}), []string{"addr"}},
		{"open demonstration, IPv6", env(map[string]string{"ADDR": "[::]:8080"}), []string{"addr"}},
		{"open demonstration, looks alike", env(map[string]string{"ADDR": "127.0.0.1.example.cn:8080"}), []string{"addr"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Load("", c.env)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, word := range c.wanted {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("nothing of %s in: %v", word, err)
				}
			}
			noSecrets(t, err)
		})
	}
	for _, addr := range []string{"127.0.0.1:80", "localhost:8080", "[::1]:8080", "127.1.2.3:1"} {
		if _, err := config.Load("", env(map[string]string{"ADDR": addr})); err != nil {
			t.Errorf("%s is this machine: %v", addr, err)
		}
	}
}

// noSecrets: errors are printed, logged and pasted into tickets.
func noSecrets(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{goodSecret[1:], "wechat-secret-of-32", "official-secret-of-32", "dbpassword", "redispassword"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is in the error: %v", secret, err)
		}
	}
}

func TestFile(t *testing.T) {
	file := write(t, `
mode: production
addr: 0.0.0.0:80
secret: `+goodSecret+`
public_url: https://party.example.cn
trusted_proxies: [10.0.0.1, 192.168.0.0/16]
shutdown_timeout: 3s
workers: 7
wechat:
  app_id: wx-of-the-file
  app_secret: wechat-secret-of-32-characters-xx
limits:
  session_rate: 2.5
`)
	c, err := config.Load(file, env(map[string]string{"WORKERS": "9", "WECHAT_APP_ID": "wx-of-the-environment", "MODE": "production"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Workers != 9 || c.WeChat.AppID != "wx-of-the-environment" {
		t.Errorf("the environment comes after the file: %+v", c)
	}
	if c.Addr != "0.0.0.0:80" || c.ShutdownTimeout != 3*time.Second || len(c.TrustedProxies) != 2 || c.Limits.SessionRate != 2.5 {
		t.Errorf("the file comes after the defaults: %+v", c)
	}
	if c.Limits.AddressBurst != config.Defaults().Limits.AddressBurst {
		t.Errorf("what the file does not say stays: %+v", c.Limits)
	}
}

func TestFileIsStrict(t *testing.T) {
	secrets := "secret: " + goodSecret + "\ndatabase_dsn: mysql:root:dbpassword@tcp(db)/x\nredis_url: redis://:redispassword@r\n"
	for name, text := range map[string]string{
		"unknown setting":          secrets + "colour: red\n",
		"unknown, nested":          secrets + "wechat:\n  app_secret: wechat-secret-of-32-characters-xx\n  colour: red\n",
		"wrong type":               secrets + "workers: many\n",
		"twice":                    secrets + "secret: " + goodSecret + "\n",
		"broken":                   secrets + "wechat: [\n",
		"a secret of a wrong type": "secret: [" + goodSecret + "]\n",
		"no settings":              "just " + goodSecret + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(write(t, text), env(nil))
			if err == nil {
				t.Fatal("accepted")
			}
			noSecrets(t, err)
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "missing.yaml"), env(nil)); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestSecretsFromFiles(t *testing.T) {
	c, err := config.Load("", sound(map[string]string{
		"SECRET": "-", "SECRET_FILE": write(t, goodSecret+"\n"), "WECHAT_APP_SECRET": "-", "WECHAT_APP_SECRET_FILE": write(t, " from a file \n"),
		"OFFICIAL_APP_ID": "wx-official", "OFFICIAL_APP_SECRET_FILE": write(t, "official file"),
		"DATABASE_DSN": "-", "DATABASE_DSN_FILE": write(t, "mysql:u:dbpassword@tcp(db)/x"),
	}))
	if err != nil || c.Secret != goodSecret || c.WeChat.AppSecret != "from a file" || c.Official.AppSecret != "official file" || c.DatabaseDSN != "mysql:u:dbpassword@tcp(db)/x" {
		t.Errorf("%+v, %v", c, err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	_, err = config.Load("", sound(map[string]string{"SECRET_FILE": missing, "REDIS_URL_FILE": missing}))
	if err == nil || !strings.Contains(err.Error(), "SECRET_FILE") || !strings.Contains(err.Error(), "REDIS_URL_FILE") {
		t.Errorf("files that are not there: %v", err)
	}
}
