package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag/recipe"
)

func expandImages(decl recipe.Input, given []string) ([]string, error) {
	var files []string
	for _, g := range given {
		more, err := imageFiles(g)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", decl.Name, err)
		}
		files = append(files, more...)
	}
	return files, nil
}

// imageFiles lists the images of a folder, or of a pattern in which each run
// of # stands for that many digits or more: shot.####.exr.
func imageFiles(given string) ([]string, error) {
	folder, pattern := filepath.Split(given)
	if info, err := os.Stat(given); err == nil && info.IsDir() {
		folder, pattern = given, ""
	} else if !strings.Contains(pattern, "#") {
		return []string{given}, nil
	}
	match := imagePattern(pattern)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && match.MatchString(e.Name()) {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no images found", given)
	}
	slices.SortFunc(files, byNumber)
	return files, nil
}

func imagePattern(pattern string) *regexp.Regexp {
	if pattern == "" {
		return regexp.MustCompile(`(?i)\.(png|jpe?g|exr|tiff?|bmp|webp|tga|dpx|hdr)$`)
	}
	quoted := regexp.QuoteMeta(pattern)
	runs := regexp.MustCompile(`#+`)
	return regexp.MustCompile("^" + runs.ReplaceAllStringFunc(quoted, func(run string) string {
		return fmt.Sprintf(`\d{%d,}`, len(run))
	}) + "$")
}

// byNumber orders names as people number them: frame9 before frame10.
func byNumber(a, b string) int {
	numbers := regexp.MustCompile(`\d+|\D+`)
	as, bs := numbers.FindAllString(a, -1), numbers.FindAllString(b, -1)
	for i := range min(len(as), len(bs)) {
		an, bn := strings.TrimLeft(as[i], "0"), strings.TrimLeft(bs[i], "0")
		digits := as[i][0] >= '0' && as[i][0] <= '9' && bs[i][0] >= '0' && bs[i][0] <= '9'
		if digits && len(an) != len(bn) {
			return len(an) - len(bn)
		}
		if c := strings.Compare(an, bn); digits && c != 0 {
			return c
		}
		if c := strings.Compare(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return len(as) - len(bs)
}
