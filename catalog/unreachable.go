package catalog

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// unreachable reports whether an error is that of a server which is down, goes
// down or comes up, rather than that of a statement.
func unreachable(err error) bool {
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	var network *net.OpError
	var connect *pgconn.ConnectError
	var said *pgconn.PgError
	switch {
	case errors.As(err, &network), errors.As(err, &connect):
		return true
	case errors.As(err, &said):
		// Classes of PostgreSQL's errors, appendix A: connection exceptions, too
		// many connections, shutdown and start.
		return strings.HasPrefix(said.Code, "08") || said.Code == "53300" || strings.HasPrefix(said.Code, "57P")
	}
	return false
}
