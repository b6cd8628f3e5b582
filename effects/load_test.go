package effects

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestShippedEffectsLoad(t *testing.T) {
	t.Parallel()
	list, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 12 {
		t.Errorf("%d effects are shipped, want at least 12", len(list))
	}
	if !slices.IsSortedFunc(list, func(a, b Effect) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the effects are not sorted by name")
	}
	seen := map[string]string{}
	for _, e := range list {
		if other, taken := seen[e.Definition.String()]; taken {
			t.Errorf("%s and %s have the same definition", e.Name, other)
		}
		seen[e.Definition.String()] = e.Name
	}
}

// A filter that ffmpeg does not have would pass the check and fail the film.
func TestAllowedFiltersExist(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-v", "error", "-filters").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(videoFilters(), audioFilters()...) {
		if !regexp.MustCompile(`(?m)^ [T.][S.][C.] ` + name + ` `).Match(out) {
			t.Errorf("ffmpeg has no filter %s", name)
		}
	}
}

const good = `name: good
doc: A test.
version: 1
params:
  amount: {type: number, default: 1, min: 0, max: 2, doc: how much}
video: hue=s=${amount}
`

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	graph := func(video string) string { return strings.Replace(good, "hue=s=${amount}", video, 1) }
	param := func(p string) string {
		return strings.Replace(good, "{type: number, default: 1, min: 0, max: 2, doc: how much}", p, 1)
	}
	for name, test := range map[string]struct{ document, want string }{
		"empty":               {"", "empty document"},
		"not a map":           {"[1, 2]", ""},
		"two documents":       {good + "---\n" + good, "2 YAML documents"},
		"unknown key":         {good + "vidio: x\n", `unknown field "vidio"`},
		"duplicate key":       {good + "version: 2\n", "version"},
		"anchor":              {strings.Replace(good, "doc: A", "doc: &a A", 1), "anchors"},
		"alias":               {strings.Replace(good, "A test.", "*a", 1), ""},
		"tag":                 {strings.Replace(good, "doc: A", "doc: !!str A", 1), "tags"},
		"large":               {good + "# " + strings.Repeat("x", maxDocument), "at most 65536"},
		"brackets":            {strings.Repeat("[", 2000), "brackets"},
		"name":                {strings.Replace(good, "name: good", "name: ../good", 1), "lower-case"},
		"no doc":              {strings.Replace(good, "A test.", "", 1), "doc is missing"},
		"no version":          {strings.Replace(good, "version: 1", "", 1), "version 0"},
		"no graph":            {strings.Replace(good, "video: hue=s=${amount}", "", 1), "no graph"},
		"unused":              {graph("hue=s=0"), "amount is not used"},
		"param type":          {param("{type: string, default: a, doc: x}"), `type "string"`},
		"param bounds":        {param("{type: number, default: 1, doc: x}"), "min and max are missing"},
		"param upside down":   {param("{type: number, default: 1, min: 2, max: 0, doc: x}"), "want min up to max"},
		"param default":       {param("{type: number, default: 3, min: 0, max: 2, doc: x}"), "default: want a number from 0 to 2, got 3"},
		"param not a number":  {param("{type: number, default: .nan, min: 0, max: 2, doc: x}"), "default"},
		"param no default":    {param("{type: number, min: 0, max: 2, doc: x}"), "default is missing"},
		"param no doc":        {param("{type: number, default: 1, min: 0, max: 2}"), "doc is missing"},
		"param key":           {param("{type: number, default: 1, min: 0, max: 2, doc: x, step: 1}"), "step"},
		"choice with options": {param(`{type: choice, default: a, choices: ["a:textfile=x"], doc: x}`), "letters"},
		"choice without":      {param("{type: choice, default: a, doc: x}"), "choices"},
		"reserved name":       {strings.ReplaceAll(good, "amount", "width"), "choose another"},
		"placeholder":         {graph("hue=s=${amuont}"), "did you mean amount?"},
		"filter as a value":   {graph("${amount}=1"), `filter "" near`},
		"filter from parts":   {graph("mov${amount}ie=1"), "allowed"},
		"option from a value": {graph("hue=${amount}=1"), "want name=value"},
		"label from a value":  {graph("split[a][${amount}];[a][b]blend"), "label"},
		"dollar":              {graph("hue=s=$amount"), "not a placeholder"},
		"movie":               {graph("movie=/etc/passwd,hue=s=${amount}"), `filter "movie"`},
		"movie in a chain":    {graph("null[a];movie=x[b];[a][b]blend=all_opacity=${amount}"), `filter "movie"`},
		"second input":        {graph("null[a];hue[b];[a][b]blend=all_opacity=${amount}"), "begins with one"},
		"drawtext":            {graph("drawtext=textfile=x,hue=s=${amount}"), `filter "drawtext"`},
		"unstable":            {graph("gblur=sigma=${amount}"), `filter "gblur"`},
		"misspelt":            {graph("boxblurr=${amount}"), "did you mean boxblur?"},
		"stream of a file":    {graph("null[a];[1:v][a]blend=all_opacity=${amount}"), "a label is"},
		"loose input":         {graph("null[a];[a][b]blend=all_opacity=${amount}"), "[b] is used twice, or before it is made"},
		"label in both":       {graph("split[a][b];[a][b]blend=all_opacity=${amount}") + "audio: asplit[a][c];[a][c]amix\n", "[a] is used twice"},
		"loose output":        {graph("split[a][b];[a]hue=s=${amount}"), "[b] is not used"},
		"no end":              {graph("split[a][b];[a][b]blend=all_opacity=${amount}[c]"), "ends without"},
		"begins with a label": {graph("[a]hue=s=${amount}"), ""},
		"instance":            {graph("hue@x=s=${amount}"), "near"},
		"file option":         {graph("hue=/s=passwd:h=${amount}"), `option "/s=passwd"`},
		"quoted file option":  {graph("hue='h=${amount}:/s=passwd'"), `option "/s=passwd"`},
		"spaced file option":  {graph("|-\n  hue=h=${amount}: /s=passwd"), `option " /s=passwd"`},
		"backslash":           {graph(`hue=s=${amount}\,movie=x`), "backslashes"},
		"open quote":          {graph("hue=s='${amount}"), "a quote that does not end"},
		"clock":               {graph("hue=h=${amount}*time(0)"), "time(...) is not allowed"},
		"endless":             {graph("hue=h=${amount}*while (1, 1)"), "not allowed in an expression"},
		"trailing":            {graph("hue=s=${amount}]"), "near"},
		"empty chain":         {graph("hue=s=${amount},"), "filter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effect, err := Parse([]byte(test.document))
			if err == nil {
				t.Fatalf("accepted as %+v:\n%s", effect, test.document)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := Load(fstest.MapFS{
		"good.yaml":   {Data: []byte(good)},
		"other.yaml":  {Data: []byte(good)},
		"broken.yaml": {Data: []byte("name: [")},
		"notes.txt":   {Data: []byte("not read")},
	})
	if err == nil {
		t.Fatal("a broken folder loads")
	}
	for _, want := range []string{"effect broken.yaml:", `effect other.yaml: its name is "good"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q: %v", want, err)
		}
	}
}

func TestLoadRefusesLinksOutOfTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "good.yaml")
	if err := os.WriteFile(outside, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "good.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Load of a symbolic link: %v", err)
	}
}

func TestDefinitionIsOfTheMeaning(t *testing.T) {
	t.Parallel()
	parse := func(text string) Effect {
		e, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	first := parse(good)
	if again := parse("# a comment\n" + strings.Replace(good, "default: 1,", "default: 1.0,", 1)); again.Definition != first.Definition {
		t.Error("a comment or 1.0 for 1 changes the definition")
	}
	for _, change := range [][2]string{{"max: 2", "max: 3"}, {"hue=s", "hue=b"}, {"version: 1", "version: 2"}} {
		if parse(strings.Replace(good, change[0], change[1], 1)).Definition == first.Definition {
			t.Errorf("%s for %s does not change the definition", change[1], change[0])
		}
	}
}

func FuzzParse(f *testing.F) {
	list, err := filepath.Glob("*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range list {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data)
		if err != nil {
			return
		}
		video, audio, err := e.Expand(nil, Media{Width: 2, Height: 2})
		if err != nil {
			t.Fatalf("defaults that passed do not expand: %v", err)
		}
		if strings.ContainsAny(video+audio, "$\\") || strings.Contains(video, "movie") {
			t.Errorf("an expanded graph holds what no graph may: %q %q", video, audio)
		}
	})
}
