package farm

import (
	"context"
	"fmt"
	"strings"

	"github.com/artdag/artdag/engine"
)

// checkToolchain holds this worker's tools against those of the farm, which are
// those of the first worker that came: other versions make other bytes. anyTools
// lets it work in spite of that.
func (w *Worker) checkToolchain(ctx context.Context, toolchain *engine.Toolchain) error {
	key := w.Prefix.Key("toolchain")
	for class, typ := range map[string]string{"cpu": "SEGMENT", "blender": "BLENDER"} {
		if !strings.Contains(","+strings.Join(w.Classes, ",")+",", ","+class+",") {
			continue
		}
		ours := toolchain.Of(typ)
		if err := w.Redis.HSetNX(ctx, key, class, ours).Err(); err != nil {
			return fmt.Errorf("farm: toolchain: %w", err)
		}
		theirs, err := w.Redis.HGet(ctx, key, class).Result()
		if err != nil {
			return fmt.Errorf("farm: toolchain: %w", err)
		}
		if theirs == ours {
			continue
		}
		if !w.AnyTools {
			return fmt.Errorf("farm: the tools of this worker for class %s are %q, those of the farm %q: results would differ; "+
				"install the same versions, or let it work in spite of that with ARTDAG_TOOLCHAIN=any, or have the farm go over to these with ARTDAG_TOOLCHAIN=replace",
				class, ours, theirs)
		}
		w.Logger.Warn("this worker's tools are not the farm's", "class", class, "ours", ours, "theirs", theirs)
	}
	return nil
}

// replaceToolchain makes this worker's tools those of the farm.
func (w *Worker) replaceToolchain(ctx context.Context) error {
	if err := w.Redis.Del(ctx, w.Prefix.Key("toolchain")).Err(); err != nil {
		return fmt.Errorf("farm: toolchain: %w", err)
	}
	return nil
}
