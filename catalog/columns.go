package catalog

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/uptrace/bun/schema"
)

// columns is a SQL dialect that stores our types the same way everywhere:
// identities as hex text, times and durations as integer milliseconds, and the
// zero identity and time as NULL.
type columns struct {
	schema.Dialect
	tables *schema.Tables
}

func newColumns(d schema.Dialect) *columns {
	c := &columns{Dialect: d}
	c.tables = schema.NewTables(c)
	return c
}

// Tables returns the models as this dialect, not the one below, stores them.
func (c *columns) Tables() *schema.Tables { return c.tables }

// OnTable is told of each model when it is first used.
func (c *columns) OnTable(t *schema.Table) {
	c.Dialect.OnTable(t)
	for _, field := range t.FieldMap {
		switch typ := field.StructField.Type; {
		case typ == reflect.TypeFor[time.Time]():
			field.Append, field.Scan = appendTime, scanTime
		case typ == reflect.TypeFor[time.Duration]():
			field.Append, field.Scan = appendDuration, scanDuration
		case typ.Kind() == reflect.Array:
			field.Append, field.Scan = appendID, scanID
		}
	}
}

func appendTime(_ schema.QueryGen, b []byte, v reflect.Value) []byte {
	t := v.Interface().(time.Time)
	if t.IsZero() {
		return append(b, "NULL"...)
	}
	return strconv.AppendInt(b, t.UnixMilli(), 10)
}

func scanTime(dest reflect.Value, src any) error {
	ms, err := integer(src)
	if err != nil || src == nil {
		dest.SetZero()
		return err
	}
	dest.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
	return nil
}

func appendDuration(_ schema.QueryGen, b []byte, v reflect.Value) []byte {
	return strconv.AppendInt(b, time.Duration(v.Int()).Milliseconds(), 10)
}

func scanDuration(dest reflect.Value, src any) error {
	ms, err := integer(src)
	dest.SetInt(int64(time.Duration(ms) * time.Millisecond))
	return err
}

func integer(src any) (int64, error) {
	switch src := src.(type) {
	case nil:
		return 0, nil
	case int64:
		return src, nil
	}
	return 0, fmt.Errorf("a column of milliseconds holds a %T", src)
}

// appendID writes hex digits, which need no escaping.
func appendID(_ schema.QueryGen, b []byte, v reflect.Value) []byte {
	if v.IsZero() {
		return append(b, "NULL"...)
	}
	return append(append(append(b, '\''), v.Interface().(fmt.Stringer).String()...), '\'')
}

func scanID(dest reflect.Value, src any) error {
	dest.SetZero()
	id := dest.Addr().Interface().(encoding.TextUnmarshaler)
	switch src := src.(type) {
	case nil:
		return nil
	case string:
		return id.UnmarshalText([]byte(src))
	case []byte:
		return id.UnmarshalText(src)
	}
	return fmt.Errorf("a column of identities holds a %T", src)
}
