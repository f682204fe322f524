include(embed)
telltale_embed(telltale_persistence migrations
  migrations/0001_initial.sql)
