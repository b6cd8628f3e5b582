package claim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/lua"
)

// Store calls the scripts on one Redis. It is safe for concurrent use. Every
// method is one round trip unless it says otherwise, and fails with ErrEpoch
// when the store's epoch is over: then Refresh.
type Store struct {
	Redis  redis.UniversalClient
	Prefix lua.Prefix
	epoch  atomic.Pointer[string]
	verbs  map[string]*redis.Script
}

// Lease is how long a claim holds without being renewed.
const Lease = 15 * time.Second

// New returns a store without an epoch: call Refresh or Begin first.
func New(client redis.UniversalClient, prefix lua.Prefix) (*Store, error) {
	s := &Store{Redis: client, Prefix: prefix, verbs: make(map[string]*redis.Script)}
	for _, verb := range lua.Verbs() {
		source, err := lua.Source(verb)
		if err != nil {
			return nil, err
		}
		s.verbs[verb] = redis.NewScript(source)
	}
	none := ""
	s.epoch.Store(&none)
	return s, nil
}

// Epoch is the epoch that calls are made in; empty before the first Refresh.
func (s *Store) Epoch() string { return *s.epoch.Load() }

// Refresh reads the epoch that holds; empty when none was begun.
func (s *Store) Refresh(ctx context.Context) (string, error) {
	epoch, err := s.Redis.Get(ctx, s.Prefix.Epoch()).Result()
	if err != nil && err != redis.Nil {
		return "", fmt.Errorf("claim: read epoch: %w", err)
	}
	s.epoch.Store(&epoch)
	return epoch, nil
}

// Enter has calls made in an epoch that another store has found.
func (s *Store) Enter(epoch string) { s.epoch.Store(&epoch) }

// Begin starts a new epoch in place of old ("" for none) and returns the one
// that holds now, which another scheduler may have begun. For the grace no
// claim is granted, so that workers can adopt what they run. instance is the
// run_id of the Redis server.
func (s *Store) Begin(ctx context.Context, old string, grace time.Duration, instance string) (string, error) {
	a, err := s.call(ctx, "begin", old, newEpoch(), grace.Milliseconds(), instance)
	if err != nil {
		return "", fmt.Errorf("claim: begin epoch: %w", err)
	}
	epoch := a.text(1)
	s.epoch.Store(&epoch)
	return epoch, nil
}

func newEpoch() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// NewToken returns 128 random bits as 32 hex digits.
func NewToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// call runs a verb in the store's epoch, or, for begin, in the one it is given.
func (s *Store) call(ctx context.Context, verb string, args ...any) (answer, error) {
	v, err := s.verbs[verb].Run(ctx, s.Redis, []string{s.Prefix.Epoch()}, args...).Result()
	if redis.IsOOMError(err) {
		return nil, fmt.Errorf("%w: %w", ErrFull, err)
	}
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%s answered %v", verb, v)
	}
	return answer(list), nil
}

// do calls a verb with the epoch and turns refusals into errors.
func (s *Store) do(ctx context.Context, verb string, what string, args ...any) (answer, error) {
	a, err := s.call(ctx, verb, append([]any{s.Epoch()}, args...)...)
	if err == nil {
		err = refusal(a)
	}
	if err != nil {
		return nil, fmt.Errorf("claim: %s %s: %w", verb, what, err)
	}
	return a, nil
}

// answer is what a script returned: a code, then values.
type answer []any

func (a answer) code() int64 { return a.number(0) }

func (a answer) number(i int) int64 {
	if i >= len(a) {
		return 0
	}
	switch v := a[i].(type) {
	case int64:
		return v
	case string:
		var n int64
		_, _ = fmt.Sscan(v, &n) // scripts write decimal numbers; anything else is 0
		return n
	}
	return 0
}

func (a answer) text(i int) string {
	if i >= len(a) {
		return ""
	}
	s, _ := a[i].(string)
	return s
}

func (a answer) list(i int) answer {
	if i >= len(a) {
		return nil
	}
	l, _ := a[i].([]any)
	return l
}

func (a answer) hash(i int) dag.ContentHash { return parse[dag.ContentHash](a.text(i)) }

// parse reads an identity that a script returned; the zero identity for none.
func parse[T ~[32]byte](text string) T {
	id, err := dag.ParseID[T](text)
	if err != nil {
		var none T
		return none
	}
	return id
}
