package farm

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/artdag/artdag/lua"
)

// Redis says where it is and how keys begin there.
type Redis struct {
	options redis.UniversalOptions
	Prefix  lua.Prefix
	cluster bool
}

// ParseRedis reads redis://[user:password@]host:port/database, rediss:// for
// TLS, redis+sentinel://host:port,host:port/database?master=name, or
// redis+cluster://host:port,host:port. A file may hold the password:
// ?password_file=PATH is read by the caller.
func ParseRedis(text string) (Redis, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Redis{}, fmt.Errorf("farm: REDIS_URL: %w", withoutSecret(err))
	}
	r := Redis{Prefix: "artdag:"}
	r.options = redis.UniversalOptions{
		Addrs:                    strings.Split(u.Host, ","),
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		DialTimeout:              3 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	}
	r.options.Username = u.User.Username()
	r.options.Password, _ = u.User.Password()
	switch u.Scheme {
	case "redis":
	case "rediss":
		r.options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	case "redis+sentinel":
		if r.options.MasterName = u.Query().Get("master"); r.options.MasterName == "" {
			return r, fmt.Errorf("farm: REDIS_URL: redis+sentinel:// needs ?master=NAME")
		}
	case "redis+cluster":
		// Braces keep all keys of the farm on one slot, so that scripts reach
		// them.
		r.cluster, r.Prefix, r.options.IsClusterMode = true, "{artdag}:", true
	default:
		return r, fmt.Errorf("farm: REDIS_URL: %q is none of redis, rediss, redis+sentinel, redis+cluster", u.Scheme)
	}
	if r.options.DB, err = database(u.Path); err != nil {
		return r, err
	}
	if r.cluster && r.options.DB != 0 {
		return r, fmt.Errorf("farm: REDIS_URL: a cluster has database 0 only")
	}
	return r, nil
}

// WithPasswordFile is r with the password that the file holds; an empty name
// leaves it as it is.
func (r Redis) WithPasswordFile(file string) (_ Redis, err error) {
	r.options.Password, err = secret(r.options.Password, file)
	return r, err
}

func database(path string) (int, error) {
	path = strings.Trim(path, "/")
	if path == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(path)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("farm: REDIS_URL: %q is no number of a database", path)
	}
	return n, nil
}

// withoutSecret drops the URL from an error of url.Parse, for its password.
func withoutSecret(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// Open returns a client with at most that many connections, 0 for the default.
func (r Redis) Open(connections int) redis.UniversalClient {
	options := r.options
	options.PoolSize = connections
	return redis.NewUniversalClient(&options)
}
