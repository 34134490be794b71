namespace SwarmOrleans.Cli;

/// <summary>A command cannot be carried out; the message is for the user.</summary>
public sealed class CommandException(string message) : Exception(message);
