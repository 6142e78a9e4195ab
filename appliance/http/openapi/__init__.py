"""What OpenAPI documents are made of: schemas, parameters, answers, and the paths of entities."""
