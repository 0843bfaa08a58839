// Display shows values to people: tables, terminal pictures, PNG, progress.
