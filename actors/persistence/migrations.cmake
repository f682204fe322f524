include(embed)
file(GLOB migrations CONFIGURE_DEPENDS
  "${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql")
telltale_embed(telltale_persistence migrations ${migrations})
