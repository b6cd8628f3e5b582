package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
)

// remote are the flags of every command that talks to a farm.
type remote struct {
	Server string `env:"ARTDAG_SERVER" placeholder:"URL" help:"Address of the farm, such as http://host:8080."`
	Token  string `env:"ARTDAG_TOKEN" placeholder:"SECRET" help:"Your token on the farm; better in the environment, where other users do not see it."`
}

// connect returns a client of the farm. It says once when the farm is away.
func (r remote) connect(a *app) (*client.Client, error) {
	if r.Server == "" {
		return nil, usagef("which farm? give --server URL, or set ARTDAG_SERVER")
	}
	var once sync.Once
	farm, err := client.New(r.Server, client.Options{Token: r.Token, Away: func(err error, _ time.Duration) {
		once.Do(func() { fmt.Fprintf(a.stderr, "artdag: %v; trying again\n", err) })
	}})
	if err != nil {
		return nil, usageError{fmt.Errorf("--server: %w", err)}
	}
	return farm, nil
}

// flags are what a command that is suggested to the user needs to reach the
// same farm. The token is never repeated.
func (r remote) flags(a *app) string {
	if r.Server == "" || r.Server == a.env["ARTDAG_SERVER"] {
		return ""
	}
	return "--server " + quoted(r.Server) + " "
}

// onJob says of a job what people need to know when it is not there.
func onJob(err error, id string) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return usagef("there is no job %s on the farm; artdag jobs lists them", id)
	}
	return err
}

// remoteCode is the exit code of what a farm answered, or of a farm that did
// not answer.
func remoteCode(err error) (code int, ok bool) {
	if _, away := errors.AsType[*client.AwayError](err); away || errors.Is(err, api.ErrUnavailable) {
		return exitMissing, true
	}
	problem, ok := errors.AsType[*client.Problem](err)
	switch {
	case !ok:
		return 0, false
	case problem.Status >= 500:
		return exitMissing, true
	}
	return exitInvalid, true
}
