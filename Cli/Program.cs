using SwarmOrleans.Cli;

return await SwarmctlCommand.Create(Console.Out, Console.Error).RunAsync(args);
