package farm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs"
	"github.com/artdag/artdag/tasks"
)

// Shared are the settings that schedulers and workers have in common. Every
// flag is an environment variable as well.
type Shared struct {
	CacheDir  string `name:"cache-dir" env:"ARTDAG_CACHE_DIR" default:"/data/cache" placeholder:"DIR" help:"Folder of this process alone: its cache and its journal."`
	CacheSize string `name:"cache-size" env:"ARTDAG_CACHE_SIZE" placeholder:"SIZE" help:"Bytes that the cache may take, e.g. 200GB (default 80% of the free disk)."`
	Redis     string `name:"redis" env:"REDIS_URL" default:"redis://localhost:6379/5" placeholder:"URL" help:"redis://, rediss://, redis+sentinel://...?master=NAME or redis+cluster://."`
	RedisFile string `name:"redis-password-file" env:"ARTDAG_REDIS_PASSWORD_FILE" placeholder:"FILE" help:"File with the password of Redis."`
	IPFS      string `name:"ipfs" env:"IPFS_API" placeholder:"ADDR" help:"Kubo's RPC, e.g. /ip4/127.0.0.1/tcp/5001; empty turns IPFS off."`
	Token     string `name:"worker-token" aliases:"token" env:"ARTDAG_WORKER_TOKEN" placeholder:"TOKEN" help:"What the farm's machines show each other; needed beyond loopback."`
	TokenFile string `name:"worker-token-file" env:"ARTDAG_WORKER_TOKEN_FILE" placeholder:"FILE" help:"File with it."`
	Effects   string `name:"effects" env:"ARTDAG_EFFECTS" placeholder:"DIR" help:"Folder of further effects; the same on every machine."`
	Advertise string `name:"advertise" env:"ARTDAG_ADVERTISE" placeholder:"URL" help:"How the other machines reach this one (default: its address)."`
}

// SchedulerSettings are those of cmd/scheduler.
type SchedulerSettings struct {
	Shared
	Database     string   `name:"database" env:"DATABASE_URL" default:"postgresql://artdag@localhost/artdag" placeholder:"URL" help:"postgresql://... or sqlite:///path."`
	DatabaseFile string   `name:"database-password-file" env:"ARTDAG_DATABASE_PASSWORD_FILE" placeholder:"FILE" help:"File with the password of PostgreSQL."`
	Listen       string   `name:"listen" env:"ARTDAG_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of the API."`
	Tokens       string   `name:"tokens" env:"ARTDAG_TOKENS" placeholder:"NAME=SECRET,..." help:"Tokens of users; needed beyond loopback."`
	TokensFile   string   `name:"tokens-file" env:"ARTDAG_TOKENS_FILE" placeholder:"FILE" help:"File with them, one line."`
	Metrics      string   `name:"metrics-token" env:"ARTDAG_METRICS_TOKEN" placeholder:"TOKEN" help:"What may read /metrics and /api/v1/scale, and nothing else; tokens of users may as well."`
	MetricsFile  string   `name:"metrics-token-file" env:"ARTDAG_METRICS_TOKEN_FILE" placeholder:"FILE" help:"File with it."`
	Realm        string   `name:"realm" env:"ARTDAG_REALM" help:"Part of every identity: results of other realms are not shared."`
	Classes      []string `name:"classes" env:"ARTDAG_CLASSES" default:"cpu,blender,gpu" help:"Resource classes of the farm."`
	KeyFile      string   `name:"key-file" env:"ARTDAG_KEY_FILE" placeholder:"FILE" help:"Key that signs provenance; made when it is not there (default: farm.key in the cache folder). Several schedulers share one."`
	JoinRedis    string   `name:"join-redis" env:"ARTDAG_JOIN_REDIS" placeholder:"URL" help:"Address of Redis for workers that join with --server (default: REDIS_URL with its password)."`
	JoinFile     string   `name:"join-redis-password-file" env:"ARTDAG_JOIN_REDIS_PASSWORD_FILE" placeholder:"FILE" help:"File with the password of that address, whose user may be a worker's (default: that of REDIS_URL)."`
	MaxUpload    string   `name:"max-upload" env:"ARTDAG_MAX_UPLOAD" placeholder:"SIZE" help:"Most bytes of one upload (default: any)."`
}

// WorkerSettings are those of cmd/worker.
type WorkerSettings struct {
	Shared
	CacheRoot     string        `name:"cache-root" env:"ARTDAG_CACHE_ROOT" placeholder:"DIR" help:"Instead of a cache folder: where several workers have theirs; it takes the first that no other uses."`
	Slots         int           `name:"slots" env:"ARTDAG_SLOTS" placeholder:"N" help:"Steps at once (default: one for each core)."`
	Classes       []string      `name:"classes" env:"ARTDAG_CLASSES" help:"Resource classes that it serves (default: cpu, and blender where that is installed)."`
	Tags          []string      `name:"tags" env:"ARTDAG_TAGS" help:"What steps may ask for beside."`
	Priorities    string        `name:"priorities" env:"ARTDAG_PRIORITIES" default:"high:6,default:3,low:1" help:"How often each priority goes first."`
	Listen        string        `name:"listen" env:"ARTDAG_PEER_LISTEN" default:"127.0.0.1:0" placeholder:"ADDR" help:"Where it serves peers."`
	Certificate   string        `name:"tls-cert-file" env:"ARTDAG_TLS_CERT_FILE" placeholder:"FILE" help:"Serve peers over HTTPS with this certificate (PEM), which is for the name in --advertise."`
	Key           string        `name:"tls-key-file" env:"ARTDAG_TLS_KEY_FILE" placeholder:"FILE" help:"Key of the certificate (PEM)."`
	Grace         time.Duration `name:"grace" env:"ARTDAG_GRACE" default:"1m" help:"How long a drain lets steps finish."`
	Server        string        `name:"server" env:"ARTDAG_SERVER" placeholder:"URL" help:"Join the farm of this scheduler: it tells the address of Redis to who shows the worker token."`
	Toolchain     string        `name:"toolchain" env:"ARTDAG_TOOLCHAIN" enum:"same,any,replace" default:"same" help:"Whether its tools must be those of the farm: same, any, or replace (the farm goes over to these)."`
	OnLostContact string        `name:"on-lost-contact" env:"ARTDAG_ON_LOST_CONTACT" enum:"continue,stop" default:"continue" help:"What running steps do when Redis cannot be reached: continue or stop."`
}

// Variables are all that the programs of a farm share, but those without the
// prefix ARTDAG_.
func Variables() []string {
	return []string{
		"ARTDAG_CACHE_DIR", "ARTDAG_CACHE_SIZE", "ARTDAG_REDIS_PASSWORD_FILE", "ARTDAG_WORKER_TOKEN", "ARTDAG_WORKER_TOKEN_FILE", "ARTDAG_EFFECTS",
		"ARTDAG_ADVERTISE", "ARTDAG_DATABASE_PASSWORD_FILE", "ARTDAG_LISTEN", "ARTDAG_TOKENS", "ARTDAG_TOKENS_FILE", "ARTDAG_REALM", "ARTDAG_CLASSES",
		"ARTDAG_MAX_UPLOAD", "ARTDAG_SLOTS", "ARTDAG_TAGS", "ARTDAG_PRIORITIES", "ARTDAG_PEER_LISTEN", "ARTDAG_GRACE", "ARTDAG_ON_LOST_CONTACT",
		"ARTDAG_SERVER", "ARTDAG_TOKEN", "ARTDAG_KEY_FILE", "ARTDAG_JOIN_REDIS", "ARTDAG_JOIN_REDIS_PASSWORD_FILE", "ARTDAG_TOOLCHAIN",
		"ARTDAG_METRICS_TOKEN", "ARTDAG_METRICS_TOKEN_FILE", "ARTDAG_CACHE_ROOT", "ARTDAG_LOGIN_FILE", "ARTDAG_ADMIN", "ARTDAG_TLS_CERT_FILE",
		"ARTDAG_TLS_KEY_FILE",
	}
}

// CheckEnvironment refuses a variable that begins with ARTDAG_ and means
// nothing: a misspelt setting that is silently left out costs a day.
func CheckEnvironment(env []string) error {
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "ARTDAG_") && !slices.Contains(Variables(), name) && !strings.HasPrefix(name, "ARTDAG_TEST_") {
			return fmt.Errorf("unknown environment variable %s%s", name, dag.Suggest(name, Variables()))
		}
	}
	return nil
}

// secret returns the text of a file, or the value where no file is given or the
// file is blank, as systemd makes one that is not there.
func secret(value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("farm: secret: %w", err)
	}
	return cmp.Or(strings.TrimSpace(string(text)), value), nil
}

// size reads "200GB"; empty is 0.
func size(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<62 {
		return 0, fmt.Errorf("farm: %q is no size: write 200GB or 1.5TiB", text)
	}
	return int64(n), nil
}

func (s Shared) redis() (Redis, error) {
	r, err := ParseRedis(s.Redis)
	if err != nil {
		return r, err
	}
	return r.WithPasswordFile(s.RedisFile)
}

func (s Shared) node() (*ipfs.Node, error) {
	if s.IPFS == "" {
		return nil, nil
	}
	node, err := ipfs.New(s.IPFS, ipfs.Options{})
	if err != nil {
		return nil, fmt.Errorf("farm: IPFS_API: %w", err)
	}
	return node, nil
}

// database is the URL with the password of the file.
func (s SchedulerSettings) database() (string, error) { return DatabaseURL(s.Database, s.DatabaseFile) }

// DatabaseURL is a database's URL with the password that a file holds, if one is
// named. A file of SQLite has none.
func DatabaseURL(url, passwordFile string) (string, error) {
	password, err := secret("", passwordFile)
	if err != nil || password == "" || strings.HasPrefix(url, "sqlite") {
		return url, err
	}
	return withPassword(url, password)
}

// RedactedURL is a URL as it may be printed.
func RedactedURL(url string) string { return withoutPassword(url) }

func (s SchedulerSettings) tokens() (api.Tokens, error) {
	text, err := secret(s.Tokens, s.TokensFile)
	if err != nil {
		return api.Tokens{}, err
	}
	users, err := api.ReadTokens(text)
	if err != nil {
		return api.Tokens{}, fmt.Errorf("farm: ARTDAG_TOKENS: %w", err)
	}
	out := api.Tokens{Users: users}
	if out.Worker, err = secret(s.Token, s.TokenFile); err != nil {
		return out, err
	}
	if out.Metrics, err = secret(s.Metrics, s.MetricsFile); err != nil {
		return out, err
	}
	if err := out.CheckMetrics(); err != nil {
		return out, fmt.Errorf("farm: ARTDAG_METRICS_TOKEN: %w", err)
	}
	return out, nil
}

// weights reads "high:6,default:3,low:1".
func weights(text string) (map[claim.Priority]int, error) {
	out := make(map[claim.Priority]int)
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), ":")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || !slices.Contains(claim.Priorities(), claim.Priority(name)) {
			return nil, fmt.Errorf("farm: ARTDAG_PRIORITIES: %q: write high:6,default:3,low:1", part)
		}
		out[claim.Priority(name)] = n
	}
	return out, nil
}

func checkClasses(classes []string) error {
	var errs []error
	for _, class := range classes {
		errs = append(errs, tasks.CheckClass(class))
	}
	return errors.Join(errs...)
}

// openCatalog opens the catalog, waiting up to a minute for its server.
func openCatalog(ctx context.Context, url string, log *slog.Logger) (*catalog.DB, error) {
	deadline := time.Now().Add(time.Minute)
	for {
		db, err := catalog.Open(ctx, url)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) || errors.Is(err, catalog.ErrNewer) || strings.HasPrefix(url, "sqlite") {
			return db, err
		}
		log.Warn("waiting for the database", "error", err)
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// joining is what workers that join with the worker token are told. An address
// of its own has its own user, whose password goes with it. It is for machines
// elsewhere, where Kubo's API is not: they read content through a scheduler.
func (s SchedulerSettings) joining() (Joining, error) {
	where, file, node := s.Redis, s.RedisFile, s.IPFS
	if s.JoinRedis != "" {
		where, node = s.JoinRedis, ""
		if u, err := url.Parse(where); err == nil {
			if _, has := u.User.Password(); has || s.JoinFile != "" {
				file = s.JoinFile
			}
		}
	}
	password, err := secret("", file)
	if err == nil && password != "" {
		where, err = withPassword(where, password)
	}
	return Joining{Redis: where, IPFS: node}, err
}

// joined asks the scheduler for what the settings do not say.
func (c *WorkerSettings) joined(ctx context.Context) error {
	if c.Server == "" {
		return nil
	}
	token, err := secret(c.Token, c.TokenFile)
	if err != nil {
		return err
	}
	told, err := join(ctx, c.Server, token)
	if err != nil {
		return err
	}
	c.Redis, c.RedisFile = told.Redis, ""
	if c.IPFS == "" {
		c.IPFS = told.IPFS
	}
	return nil
}
