package servicetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A KuboNode is an IPFS node that belongs to one test. It keeps its repository
// over Stop, Kill and Start.
type KuboNode struct {
	server
	port int
}

// Kubo starts an IPFS node with the profile unixfs-v1-2025 that knows no other
// node and listens for none.
func Kubo(t testing.TB) *KuboNode {
	t.Helper()
	needServices(t)
	var port int
	p, err := onFreePort(func(free int) (*process, error) {
		port = free
		return startKubo(free)
	})
	if err != nil {
		t.Fatal(err)
	}
	p.belongTo(t)
	return &KuboNode{server{t, p}, port}
}

// API returns the multiaddr of the RPC API.
func (k *KuboNode) API() string { return fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", k.port) }

// Addr returns the host and port of the RPC API.
func (k *KuboNode) Addr() string { return address(k.port) }

func startKubo(port int) (*process, error) {
	path, err := kuboProgram()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder("kubo")
	if err != nil {
		return nil, err
	}
	p := &process{name: "ipfs", folder: folder, stopBy: syscall.SIGTERM}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(path, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "HOME="+folder, "IPFS_PATH="+folder, "IPFS_TELEMETRY=off")
		return cmd
	}
	p.command = func() *exec.Cmd { return command("daemon", "--offline") }
	p.ready = func() error { return answersRPC(port) }
	if output, err := command("init", "--profile=unixfs-v1-2025,test,autoconf-off").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ipfs init: %w\n%s", err, output)
	}
	if err := configureKubo(filepath.Join(folder, "config"), port); err != nil {
		return nil, fmt.Errorf("configure ipfs: %w", err)
	}
	return p, p.startOrDiscard()
}

// configureKubo fixes the port, which the profile "test" leaves to chance, and
// turns off whoever might look for others.
func configureKubo(file string, port int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	config["Addresses"] = map[string]any{
		"API": fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", port), "Gateway": []string{}, "Swarm": []string{},
	}
	config["Bootstrap"] = []string{}
	config["Routing"] = map[string]any{"Type": "none"}
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// answersRPC asks on a connection of its own, which is closed again.
func answersRPC(port int) error {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post("http://"+address(port)+"/api/v0/id", "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("id: %s", answer.Status)
	}
	return nil
}
