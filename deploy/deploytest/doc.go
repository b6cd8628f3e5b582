// Package deploytest tests what is beside the programs: scripts, alert rules,
// dashboards. With the tag cluster it checks the compose files as well, starts the
// farm of docker-compose.yml and does to it what happens to farms: workers are
// killed, Redis and the scheduler are restarted. The overlays are started as well.
//
// Those tests need a Docker engine, docker compose or docker-compose, and the
// images (make images-offline images-caddy images-prometheus), and take minutes;
// make test-cluster runs them. ARTDAG_VERSION says which images (default: latest).
// They use a project name, ports and secrets of their own and remove all of it.
package deploytest
