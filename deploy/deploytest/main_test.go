package deploytest

import (
	"os"
	"testing"

	"github.com/artdag/artdag/farm/farmtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	farmtest.RemovePrograms()
	os.Exit(code)
}
