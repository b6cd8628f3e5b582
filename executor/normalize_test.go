package executor

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func testSpec() Spec {
	return Spec{Name: "TEST", Version: 1, Keys: []Key{
		{Name: "offset", Type: Number, Default: 0, Min: Bound(0)},
		{Name: "duration", Type: Number, Above: Bound(0)},
		{Name: "mode", Type: Choice, Choices: []string{"fit", "fill"}, Default: "fit"},
		{Name: "color", Type: Color, Default: "black"},
		{Name: "size", Type: Size},
		{Name: "fps", Type: FPS, Default: 24},
		{Name: "at", Type: Percent, Also: []KeyType{Number}, Default: "10%"},
		{Name: "count", Type: Integer, Max: Bound(10)},
		{Name: "layers", Type: List, MaxLen: 2, Elem: &Key{Type: Object, Keys: []Key{
			{Name: "opacity", Type: Number, Default: 1, Min: Bound(0), Max: Bound(1)},
		}}},
	}}
}

func TestNormalizeFillsInDefaultsAndNormalForms(t *testing.T) {
	defaults := map[string]any{"offset": 0.0, "mode": "fit", "color": "#000000", "fps": 24.0, "at": "10%"}
	for name, test := range map[string]struct {
		config map[string]any
		change map[string]any
	}{
		"empty":             {nil, nil},
		"explicit defaults": {map[string]any{"offset": 0, "mode": "fit", "color": "BLACK", "fps": "24/1"}, nil},
		"null is absent":    {map[string]any{"duration": nil}, nil},
		"forms": {
			map[string]any{"size": "1280x720", "fps": 29.97, "color": "#F0A", "at": 1.5},
			map[string]any{"size": []any{1280.0, 720.0}, "fps": "30000/1001", "color": "#ff00aa", "at": 1.5},
		},
		"nested": {
			map[string]any{"layers": []any{map[string]any{}, map[string]any{"opacity": 0.5}}},
			map[string]any{"layers": []any{map[string]any{"opacity": 1.0}, map[string]any{"opacity": 0.5}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{}
			for _, m := range []map[string]any{defaults, test.change} {
				for k, v := range m {
					want[k] = v
				}
			}
			got, err := testSpec().Normalize(test.config)
			if err != nil {
				t.Fatalf("Normalize(%v): %v", test.config, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Normalize(%v): -want +got\n%s", test.config, diff)
			}
		})
	}
}

func TestNormalizeNamesEveryFault(t *testing.T) {
	_, err := testSpec().Normalize(map[string]any{
		"ofset": 1, "offset": -1, "mode": "fits", "count": 1.5, "duration": "3", "size": []any{1},
		"layers": []any{map[string]any{"opacity": 2}},
	})
	var faults dag.ConfigErrors
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want ConfigErrors", err)
	}
	for _, want := range []string{
		"ofset: unknown key", "did you mean offset", "offset: want a number of at least 0, got -1",
		"mode: want one of fit, fill", "count: want a whole number of at most 10, got 1.5",
		`duration: want a number above 0, got "3"`, "size: want a size", "layers.0.opacity: want a number from 0 to 1, got 2",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults do not say %q:\n%s", want, strings.ReplaceAll(err.Error(), "; ", "\n"))
		}
	}
	if len(faults) != 7 {
		t.Errorf("got %d faults, want 7: %v", len(faults), faults)
	}
}
