-- A full Redis (maxmemory, noeviction) refuses a script at its first write that
-- may need memory, and lets it finish when another write came before. What ends
-- work, or keeps it alive, begins with one that needs none: else leases would
-- lapse under workers that are well, and what gives memory back would be
-- refused as well. What brings new work does not use this.
call('UNLINK', P .. 'nothing')
