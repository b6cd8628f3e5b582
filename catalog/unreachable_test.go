package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestWrapTellsWhoIsAway(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		away bool
	}{
		"the connection broke":       {fmt.Errorf("receive: %w", io.ErrUnexpectedEOF), true},
		"nobody listens":             {&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		"the server shuts down":      {&pgconn.PgError{Code: "57P01"}, true},
		"the server starts":          {&pgconn.PgError{Code: "57P03"}, true},
		"a constraint does not hold": {&pgconn.PgError{Code: "23514"}, false},
		"a statement was cancelled":  {&pgconn.PgError{Code: "57014"}, false},
		"no row":                     {sql.ErrNoRows, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := wrap(test.err, "look")
			if got := errors.Is(err, ErrUnavailable); got != test.away || !errors.Is(err, test.err) {
				t.Errorf("%v is unavailable: %v, want %v", err, got, test.away)
			}
		})
	}
}
