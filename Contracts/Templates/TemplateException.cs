namespace SwarmOrleans.Contracts.Templates;

/// <summary>A template does not parse, or asks for something that is not there; the message says what and where.</summary>
/// <param name="message">For the user.</param>
public sealed class TemplateException(string message) : Exception(message);
