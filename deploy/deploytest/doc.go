// Package deploytest tests what is beside the programs: scripts, alert rules,
// dashboards. With the tag cluster it checks the compose files as well, starts the
// farm of docker-compose.yml and does to it what happens to farms: workers are
// killed, Redis and the scheduler are restarted.
//
// Those tests need a Docker engine, docker compose or docker-compose, and the
// images (make images-offline), and take minutes; make test-cluster runs them.
// They use a project name, ports and secrets of their own and remove all of it.
package deploytest
