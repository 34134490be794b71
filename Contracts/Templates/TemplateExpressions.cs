namespace SwarmOrleans.Contracts.Templates;

/// <summary>Commands, each of which has the value of the one before as its last argument.</summary>
internal sealed class Pipeline(List<string> variables, bool isDeclaration, List<Command> commands)
{
    public IReadOnlyList<string> Variables => variables;

    public bool IsAssignment => variables.Count > 0;

    public object? Evaluate(TemplateRun run)
    {
        var value = EvaluateCommands(run);
        if (variables.Count > 1)
        {
            throw new TemplateException("only range may have two variables");
        }

        Assign(run, [value]);
        return value;
    }

    public object? EvaluateCommands(TemplateRun run)
    {
        var value = commands[0].Evaluate(run, []);
        for (var i = 1; i < commands.Count; i++)
        {
            value = commands[i].Evaluate(run, [value]);
        }

        return value;
    }

    public void Assign(TemplateRun run, object?[] values)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            run.Set(variables[i], values[i], isDeclaration);
        }
    }
}

internal sealed class Command(List<Operand> operands)
{
    public object? Evaluate(TemplateRun run, object?[] last)
    {
        run.Step();
        if (operands[0] is Function function)
        {
            return function.Call(run, operands.GetRange(1, operands.Count - 1), last);
        }

        return operands.Count + last.Length == 1
            ? operands[0].Evaluate(run)
            : throw new TemplateException($"can't give argument to non-function {operands[0]}");
    }
}

internal abstract class Operand
{
    public abstract object? Evaluate(TemplateRun run);
}

internal sealed class Literal(object? value) : Operand
{
    public override object? Evaluate(TemplateRun run) => value;

    public override string ToString() => TemplateValues.Print(value);
}

internal sealed class Variable(string name) : Operand
{
    public override object? Evaluate(TemplateRun run) => run.Get(name);

    public override string ToString() => name;
}

internal sealed class Nested(Pipeline pipeline) : Operand
{
    public override object? Evaluate(TemplateRun run) => pipeline.Evaluate(run);

    public override string ToString() => "(…)";
}

internal sealed class Function(string name) : Operand
{
    public override object? Evaluate(TemplateRun run) => Call(run, [], []);

    public object? Call(TemplateRun run, List<Operand> operands, object?[] last)
    {
        if (name is "and" or "or")
        {
            return CallLazily(run, operands, last);
        }

        object?[] arguments = [.. operands.Select(o => o.Evaluate(run)), .. last];
        try
        {
            return run.Functions.Call(name, arguments);
        }
        catch (TemplateException e)
        {
            throw e.Message.StartsWith("function ", StringComparison.Ordinal) ? e : new TemplateException($"error calling {name}: {e.Message}");
        }
    }

    public override string ToString() => name;

    // What decides ends the evaluation: the rest may be what would fail.
    private object? CallLazily(TemplateRun run, List<Operand> operands, object?[] last)
    {
        object? value = null;
        foreach (var operand in operands.Concat(last.Select(v => new Literal(v))))
        {
            value = operand.Evaluate(run);
            if (TemplateValues.IsTrue(value) == (name == "or"))
            {
                return value;
            }
        }

        return operands.Count + last.Length > 0 ? value : throw new TemplateException($"wrong number of args for {name}: want at least 1 got 0");
    }
}

/// <summary>Fields of fields, from the dot or from another operand.</summary>
internal sealed class Path(Operand? start, List<string> names, string text) : Operand
{
    public override object? Evaluate(TemplateRun run)
    {
        var value = start is null ? run.Dot : start.Evaluate(run);
        foreach (var name in names)
        {
            value = TemplateValues.Field(value, name, text);
        }

        return value;
    }

    public override string ToString() => text;
}
