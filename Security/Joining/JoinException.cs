namespace SwarmOrleans.Security;

/// <summary>The node cannot join; the message is for the operator.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="isFinal">True when trying again cannot help.</param>
/// <param name="inner">The cause.</param>
public sealed class JoinException(string message, bool isFinal, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when trying again cannot help: the token is wrong, or the manager is of another cluster.</summary>
    public bool IsFinal { get; } = isFinal;
}
