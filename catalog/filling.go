package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// Filling is a catalog that is filled anew, in one transaction. It is for one
// goroutine.
type Filling struct {
	db    *DB
	tx    bun.Tx
	kinds map[string]map[string]kind // of columns, by table
}

// kind is what a column holds, in either database.
type kind int

const (
	text kind = iota
	whole
	real
	truth
)

// alone keeps others out until the transaction ends, and clears what processors
// of a farm without work noted.
func (f *Filling) alone(ctx context.Context) error {
	there := slices.DeleteFunc(tables(), func(table string) bool { return f.kinds[table] == nil })
	if f.db.postgres() {
		for _, table := range there {
			if _, err := f.tx.ExecContext(ctx, "LOCK TABLE ? IN ACCESS EXCLUSIVE MODE", bun.Ident(table)); err != nil {
				return err
			}
		}
	}
	if err := vacant(ctx, f.tx, there); err != nil {
		return err
	}
	for _, table := range there {
		if table != "cursors" && table != "processor_errors" {
			continue
		}
		if _, err := f.tx.ExecContext(ctx, "DELETE FROM ?", bun.Ident(table)); err != nil {
			return err
		}
	}
	return nil
}

// look finds out what the columns of a table hold; of a table that there is not
// yet, nothing.
func (f *Filling) look(ctx context.Context, table string) error {
	query := "SELECT name, type FROM pragma_table_info(?)"
	if f.db.postgres() {
		query = "SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?"
	}
	var columns []struct{ Name, Type string }
	if err := f.tx.NewRaw(query, table).Scan(ctx, &columns); err != nil || len(columns) == 0 {
		return err
	}
	f.kinds[table] = make(map[string]kind, len(columns))
	for _, c := range columns {
		f.kinds[table][c.Name] = kindOf(c.Type)
	}
	return nil
}

func kindOf(declared string) kind {
	switch strings.ToUpper(declared) {
	case "BIGINT", "INTEGER":
		return whole
	case "DOUBLE PRECISION", "REAL":
		return real
	case "BOOLEAN":
		return truth
	}
	return text
}

// Insert adds rows to a table. Numbers are json.Number, as a decoder that keeps
// their digits reads them.
func (f *Filling) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	kinds := f.kinds[table]
	if kinds == nil {
		return fmt.Errorf("catalog: restore: there is no table %s", table)
	}
	names := make([]any, len(columns))
	for i, column := range columns {
		if _, ok := kinds[column]; !ok {
			return fmt.Errorf("catalog: restore: the table %s has no column %s", table, column)
		}
		names[i] = bun.Ident(column)
	}
	const together = 500
	return pieces(rows, together, func(part [][]any) error {
		return wrap(f.insert(ctx, table, names, kindsOf(columns, kinds), part), "restore table "+table)
	})
}

func kindsOf(columns []string, kinds map[string]kind) []kind {
	out := make([]kind, len(columns))
	for i, column := range columns {
		out[i] = kinds[column]
	}
	return out
}

func (f *Filling) insert(ctx context.Context, table string, names []any, kinds []kind, rows [][]any) error {
	marks := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ") + ")"
	overriding := ""
	if f.db.postgres() {
		overriding = " OVERRIDING SYSTEM VALUE" // audit_log counts by itself
	}
	query := "INSERT INTO ? " + marks + overriding + " VALUES " + strings.TrimSuffix(strings.Repeat(marks+", ", len(rows)), ", ")
	args := append([]any{bun.Ident(table)}, names...)
	for _, row := range rows {
		if len(row) != len(names) {
			return fmt.Errorf("a row has %d values, want %d", len(row), len(names))
		}
		for i, value := range row {
			stored, err := kinds[i].of(value)
			if err != nil {
				return fmt.Errorf("column %v: %w", names[i], err)
			}
			args = append(args, stored)
		}
	}
	_, err := f.tx.ExecContext(ctx, query, args...)
	return err
}

// of turns a value into what a column of this kind stores: SQLite says 1 for
// true, and may have made a number of a text.
func (k kind) of(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	digits := fmt.Sprint(value)
	switch k {
	case whole:
		if yes, ok := value.(bool); ok && yes {
			return 1, nil
		} else if ok {
			return 0, nil
		}
		return strconv.ParseInt(digits, 10, 64)
	case real:
		return strconv.ParseFloat(digits, 64)
	case truth:
		return strconv.ParseBool(digits)
	}
	switch value := value.(type) {
	case string:
		return value, nil
	case json.Number:
		return value.String(), nil
	}
	return nil, fmt.Errorf("%T is no text", value)
}
